# What the clients of Ruby have in common. README.md says what the lines are.

require 'json'

def say(answer)
  $stdout.puts(JSON.generate(answer))
  $stdout.flush
end

def serve(name, version, verbs)
  say(client: name, version: version, verbs: verbs.keys)
  $stdin.each_line do |line|
    verb, *arguments = JSON.parse(line)
    say(is: verbs.fetch(verb.to_sym).call(*arguments))
  rescue StandardError => e
    say(failed: "#{e.class}: #{e.message}"[0, 300])
  end
end
