use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Serve;

my ($host, $port) = @ARGV;
my %options = (servers => ["$host:$port"], connect_timeout => 20, select_timeout => 20);
my $cache = Cache::Memcached->new({ %options });
my $packing = Cache::Memcached->new({ %options, compress_threshold => 1 });

# A server that failed is asked again after 20 s, unless the client is told to forget.
sub patient {
    my ($do) = @_;
    return sub { $cache->forget_dead_hosts; $do->(@_) };
}

# No "touch", "gets" or "cas": it has none.
serve(
    'Cache::Memcached', $Cache::Memcached::VERSION,
    set => patient(sub { bool($cache->set(@_)) }),
    set_object => sub { bool($cache->set(@_)) },
    set_packed => sub { bool($packing->set(@_)) },
    get => patient(sub { $cache->get(@_) }),
    get_multi => sub { $cache->get_multi(@{ $_[0] }) },
    add => sub { bool($cache->add(@_)) },
    replace => sub { bool($cache->replace(@_)) },
    append => sub { bool($cache->append(@_)) },
    prepend => sub { bool($cache->prepend(@_)) },
    incr => sub { my $count = $cache->incr(@_); defined $count ? $count + 0 : undef },
    decr => sub { my $count = $cache->decr(@_); defined $count ? $count + 0 : undef },
    delete => sub { bool($cache->delete(@_)) },
    items => sub { (values %{ $cache->stats('misc')->{hosts} })[0]{misc}{curr_items} + 0 },
    flush => sub { bool($cache->flush_all) },
);
