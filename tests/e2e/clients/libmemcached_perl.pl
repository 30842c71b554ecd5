use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached::libmemcached;
use Serve;

my ($host, $port, $protocol) = @ARGV;
my %options = (servers => ["$host:$port"], behavior_binary_protocol => $protocol eq 'binary', behavior_retry_timeout => 1);
my $cache = Cache::Memcached::libmemcached->new({ %options });
my $packing = Cache::Memcached::libmemcached->new({ %options, compress_threshold => 1 });

serve(
    'Cache::Memcached::libmemcached', $Cache::Memcached::libmemcached::VERSION,
    set => sub { bool($cache->set(@_)) },
    set_object => sub { bool($cache->set(@_)) },
    set_packed => sub { bool($packing->set(@_)) },
    get => sub { $cache->get(@_) },
    get_multi => sub { $cache->get_multi(@{ $_[0] }) },
    add => sub { bool($cache->add(@_)) },
    replace => sub { bool($cache->replace(@_)) },
    append => sub { bool($cache->append(@_)) },
    prepend => sub { bool($cache->prepend(@_)) },
    incr => sub { my $count = $cache->incr(@_); defined $count ? $count + 0 : undef },
    decr => sub { my $count = $cache->decr(@_); defined $count ? $count + 0 : undef },
    delete => sub { bool($cache->delete(@_)) },
    items => sub { $cache->stats('')->{total}{curr_items} + 0 },
    flush => sub { bool($cache->flush_all) },
);
