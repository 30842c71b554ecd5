use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached::Fast;
use Serve;

my ($host, $port) = @ARGV;
my %options = (servers => ["$host:$port"], utf8 => 1, max_size => 8 << 20, connect_timeout => 20, io_timeout => 20);
my $cache = Cache::Memcached::Fast->new({ %options });
my $packing = Cache::Memcached::Fast->new({ %options, compress_threshold => 1 });
my %tokens;

serve(
    'Cache::Memcached::Fast', $Cache::Memcached::Fast::VERSION,
    set => sub { bool($cache->set(@_)) },
    set_object => sub { bool($cache->set(@_)) },
    set_packed => sub { bool($packing->set(@_)) },
    get => sub { $cache->get(@_) },
    set_multi => sub { my ($values) = @_; bool(!grep { !$_ } $cache->set_multi(map { [ $_, $values->{$_} ] } keys %$values)) },
    get_multi => sub { $cache->get_multi(@{ $_[0] }) },
    delete_multi => sub { bool(!grep { !$_ } $cache->delete_multi(@{ $_[0] })) },
    add => sub { bool($cache->add(@_)) },
    replace => sub { bool($cache->replace(@_)) },
    append => sub { bool($cache->append(@_)) },
    prepend => sub { bool($cache->prepend(@_)) },
    gets => sub {
        my ($key) = @_;
        ($tokens{$key}, my $value) = @{ $cache->gets($key) };
        return $value;
    },
    cas => sub { my ($key, $value) = @_; bool($cache->cas($key, $tokens{$key}, $value)) },
    incr => sub { my $count = $cache->incr(@_); $count ? $count + 0 : undef },
    decr => sub { my $count = $cache->decr(@_); $count ? $count + 0 : undef },
    touch => sub { bool($cache->touch(@_)) },
    gat => sub { my ($key, $ttl) = @_; $cache->gat($ttl, $key) },
    delete => sub { bool($cache->delete(@_)) },
    version => sub { (values %{ $cache->server_versions })[0] },
    flush => sub { bool($cache->flush_all) },
);
