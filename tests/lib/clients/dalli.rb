# Dalli, the client of Ruby on Rails, against the server at this address: `dalli.rb ADDRESS [USER PASSWORD]`.
# Ends with an error, or prints "done", waits for a line, which says that the server was restarted, and prints "again".

require 'dalli'

def same(actual, expected)
  raise "#{actual.inspect[0, 80]} instead of #{expected.inspect[0, 80]}" unless actual == expected
end

address, user, password = ARGV
cache = Dalli::Client.new(address, username: user, password: password, protocol: :binary, value_max_bytes: 8 << 20)
raise 'not stored' unless cache.set('a', 'text')
same(cache.get('a'), 'text')
same(cache.get('none'), nil)
cache.set('object', { 'b' => [1, 2.5, nil, 'ü'] })
same(cache.get('object'), { 'b' => [1, 2.5, nil, 'ü'] })
large = 'x' * 900_000
cache.set('large', large, 0, raw: true)
same(cache.get('large', raw: true), large)
100.times { |i| cache.set("key#{i}", i) }
same(cache.get_multi(*(0...200).map { |i| "key#{i}" }), (0...100).to_h { |i| ["key#{i}", i] })
cache.multi { 50.times { |i| cache.set("quiet#{i}", i) } }
same(cache.get('quiet49'), 49)
cache.add('a', 'other')
cache.replace('none', 'other')
same([cache.get('a'), cache.get('none')], ['text', nil])
same(cache.cas('a') { |value| "#{value} more" } != nil, true)
same(cache.get('a'), 'text more')
same(cache.incr('hits', 5, nil, 10), 10)
same(cache.incr('hits', 5), 15)
same(cache.decr('hits', 20), 0)
same(cache.incr('missing'), nil)
cache.set('raw', 'b', 0, raw: true)
cache.append('raw', 'c')
cache.prepend('raw', 'a')
same(cache.get('raw', raw: true), 'abc')
same(cache.touch('a', 100) != nil, true)
same(cache.gat('a', 100), 'text more')
cache.set('short', 1, 1)
sleep 2.1
same(cache.get('short'), nil)
same(cache.delete('a'), true)
same(cache.get('a'), nil)
same(cache.stats.values.first.key?('curr_items'), true)
same(cache.version.values.first.match?(/^1\.6\./), true)
cache.flush
same(cache.get('object'), nil)
puts 'done'
$stdout.flush
$stdin.gets
20.times do
  break puts 'again' if cache.set('a', 'later') && cache.get('a') == 'later'
rescue Dalli::DalliError
  sleep 0.1
end
