package Serve;

# What the clients of Perl have in common. README.md says what the lines are.

use strict;
use warnings;
use JSON::XS;

use Exporter 'import';
our @EXPORT = qw(serve bool);

$| = 1;
my $json = JSON::XS->new->utf8->allow_nonref->canonical;

sub bool { return $_[0] ? JSON::XS::true : JSON::XS::false }

# Characters go to the server in UTF-8, and come back as bytes, which are characters again here.
sub serve {
    my ($name, $version, %verbs) = @_;
    print $json->encode({ client => $name, version => "$version", verbs => [ sort keys %verbs ] }), "\n";
    while (my $line = <STDIN>) {
        my ($verb, @arguments) = @{ $json->decode($line) };
        my $is = eval { $verbs{$verb}->(@arguments) };
        print $json->encode($@ ? { failed => "$@" } : { is => $is }), "\n";
    }
    return;
}

1;
