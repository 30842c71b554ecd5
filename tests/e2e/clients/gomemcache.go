// gomemcache. README.md says what the lines are.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

type verb func(arguments []any) (any, error)

func text(argument any) []byte { return []byte(argument.(string)) }

func item(arguments []any) *memcache.Item {
	item := &memcache.Item{Key: arguments[0].(string), Value: text(arguments[1])}
	if len(arguments) > 2 {
		item.Expiration = int32(arguments[2].(float64))
	}
	return item
}

// done: answers that say no are errors of this client.
func done(err error) (any, error) {
	for _, no := range []error{memcache.ErrCacheMiss, memcache.ErrNotStored, memcache.ErrCASConflict} {
		if errors.Is(err, no) {
			return false, nil
		}
	}
	return err == nil, err
}

func value(found *memcache.Item, err error) (any, error) {
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return string(found.Value), nil
}

func count(change func(string, uint64) (uint64, error)) verb {
	return func(a []any) (any, error) {
		counted, err := change(a[0].(string), uint64(a[1].(float64)))
		if errors.Is(err, memcache.ErrCacheMiss) {
			return nil, nil
		}
		return counted, err
	}
}

func getMulti(cache *memcache.Client) verb {
	return func(a []any) (any, error) {
		var keys []string
		for _, key := range a[0].([]any) {
			keys = append(keys, key.(string))
		}
		found, err := cache.GetMulti(keys)
		values := map[string]string{}
		for key, item := range found {
			values[key] = string(item.Value)
		}
		return values, err
	}
}

func verbsOf(cache *memcache.Client) map[string]verb {
	held := map[string]*memcache.Item{}
	return map[string]verb{
		"set":       func(a []any) (any, error) { return done(cache.Set(item(a))) },
		"get":       func(a []any) (any, error) { return value(cache.Get(a[0].(string))) },
		"get_multi": getMulti(cache),
		"add":       func(a []any) (any, error) { return done(cache.Add(item(a))) },
		"replace":   func(a []any) (any, error) { return done(cache.Replace(item(a))) },
		"gets": func(a []any) (any, error) {
			found, err := cache.Get(a[0].(string))
			held[a[0].(string)] = found
			return value(found, err)
		},
		"cas": func(a []any) (any, error) {
			changed := held[a[0].(string)]
			changed.Value = text(a[1])
			return done(cache.CompareAndSwap(changed))
		},
		"incr":   count(cache.Increment),
		"decr":   count(cache.Decrement),
		"touch":  func(a []any) (any, error) { return done(cache.Touch(a[0].(string), int32(a[1].(float64)))) },
		"delete": func(a []any) (any, error) { return done(cache.Delete(a[0].(string))) },
		"flush":  func(a []any) (any, error) { return done(cache.FlushAll()) },
	}
}

func say(answer any) {
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}

func main() {
	cache := memcache.New(strings.Join(os.Args[1:3], ":"))
	cache.Timeout = 20 * time.Second
	verbs := verbsOf(cache)
	var names []string
	for name := range verbs {
		names = append(names, name)
	}
	say(map[string]any{"client": "gomemcache", "verbs": names})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var request []any
		_ = json.Unmarshal(line, &request)
		is, err := verbs[request[0].(string)](request[1:])
		if err != nil {
			say(map[string]string{"failed": err.Error()})
		} else {
			say(map[string]any{"is": is})
		}
	}
}
