#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# A worker that is a program and misbehaves, for the fault campaign. Its argument says how; it is kept or
# started for each request, which it cannot know.
use strict;
use warnings;

$| = 1;
my $manner = shift // 'ok';

sub rest { sleep 1000 while 1 }

sub answer {
  my ($text, $id) = @_;
  my $half = int(length($text) / 2);
  print qq({$id"text":"echo @{[substr($text, 0, $half)]}"}\n);
  print qq({$id"text":"@{[substr($text, $half)]} end","end":true}\n);
}

my %manners = (
  ok => \&answer,
  mute => \&rest,
  stubborn => sub { $SIG{TERM} = 'IGNORE'; rest() },
  dies => sub { print STDERR "out of memory\n"; exit 1 },
  killed => sub { kill 'KILL', $$; rest() },
  busy => sub { exit 75 },
  garbage => sub { print "{", map { chr(int(rand(256))) } 1 .. 2000; print "\n" },
  half_json => sub { print qq({"text":"half\n) },
  endless => sub { print qq({$_[1]"text":"@{['more ' x 200]}"}\n) while 1 },
  endless_line => sub { print 'x' x 65536 while 1 },
  orphan => sub {
    my $child = fork() // die "fork: $!";
    if (!$child) { $SIG{TERM} = 'IGNORE'; rest() }
    answer(@_);
  },
  closes => sub { close STDOUT; rest() },
  hog => sub { my $hog = ''; $hog .= 'y' x (1 << 20) while 1 },
  chatters => sub { answer(@_); print qq({$_[1]"text":"and another thing"}\n) },
  late => sub { print qq({"id":"of another","text":"and another thing","end":true}\n); answer(@_) },
  nameless => sub { answer($_[0], '') },
);

rest() if $manner eq 'deaf';
while (my $line = <STDIN>) {
  my ($text) = $line =~ /"text":"([^"]*)"/;
  my ($id) = $line =~ /("id":"[^"]*",)/;
  $manners{$manner}->($text // '', $id // '');
}
