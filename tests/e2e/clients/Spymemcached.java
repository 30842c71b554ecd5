import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.spy.memcached.AddrUtil;
import net.spy.memcached.CASResponse;
import net.spy.memcached.CASValue;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import net.spy.memcached.auth.AuthDescriptor;
import net.spy.memcached.auth.PlainCallbackHandler;
import net.spy.memcached.transcoders.SerializingTranscoder;

/** spymemcached. README.md says what the lines are; all clients of Java would share what is below main(). */
public class Spymemcached {
  interface Verb {
    Object run(JsonArray arguments) throws Exception;
  }

  static final int NO_EXPIRY = 0;
  static final long TIMEOUT_MS = 20_000;

  public static void main(String[] args) throws Exception {
    boolean binary = args[2].equals("binary");
    ConnectionFactoryBuilder builder = new ConnectionFactoryBuilder();
    builder.setProtocol(binary ? ConnectionFactoryBuilder.Protocol.BINARY : ConnectionFactoryBuilder.Protocol.TEXT);
    SerializingTranscoder plain = new SerializingTranscoder(8 << 20);
    plain.setCompressionThreshold(Integer.MAX_VALUE);
    SerializingTranscoder packing = new SerializingTranscoder();
    packing.setCompressionThreshold(1);
    builder.setTranscoder(plain);
    builder.setMaxReconnectDelay(1);
    builder.setOpTimeout(TIMEOUT_MS);
    builder.setAuthWaitTime(TIMEOUT_MS);
    if (args.length > 3) {
      PlainCallbackHandler login = new PlainCallbackHandler(args[3], args[4]);
      builder.setAuthDescriptor(new AuthDescriptor(new String[] {"PLAIN"}, login));
    }
    MemcachedClient cache = new MemcachedClient(builder.build(), AddrUtil.getAddresses(args[0] + ":" + args[1]));
    serve("spymemcached", verbs(cache, packing, binary));
    System.exit(0); // its threads would wait for replies
  }

  static Map<String, Verb> verbs(MemcachedClient cache, SerializingTranscoder packing, boolean binary) {
    Map<String, Long> tokens = new HashMap<>();
    Map<String, Verb> verbs = new LinkedHashMap<>();
    verbs.put("set", a -> cache.set(text(a, 0), ttl(a, 2), text(a, 1)).get());
    verbs.put("set_packed", a -> cache.set(text(a, 0), NO_EXPIRY, text(a, 1), packing).get());
    verbs.put("get", a -> cache.get(text(a, 0)));
    verbs.put("get_multi", a -> cache.getBulk(texts(a.get(0).getAsJsonArray())));
    verbs.put("add", a -> cache.add(text(a, 0), NO_EXPIRY, text(a, 1)).get());
    verbs.put("replace", a -> cache.replace(text(a, 0), NO_EXPIRY, text(a, 1)).get());
    verbs.put("append", a -> cache.append(text(a, 0), text(a, 1)).get());
    verbs.put("prepend", a -> cache.prepend(text(a, 0), text(a, 1)).get());
    verbs.put("gets", a -> {
      CASValue<Object> found = cache.gets(text(a, 0));
      tokens.put(text(a, 0), found.getCas());
      return found.getValue();
    });
    verbs.put("cas", a -> cache.cas(text(a, 0), tokens.get(text(a, 0)), text(a, 1)) == CASResponse.OK);
    verbs.put("incr", a -> count(cache.incr(text(a, 0), a.get(1).getAsInt())));
    verbs.put("decr", a -> count(cache.decr(text(a, 0), a.get(1).getAsInt())));
    verbs.put("incr_from", a -> cache.incr(text(a, 0), a.get(1).getAsInt(), a.get(2).getAsLong()));
    verbs.put("touch", a -> cache.touch(text(a, 0), ttl(a, 1)).get());
    if (binary) {
      verbs.put("gat", a -> {
        CASValue<Object> found = cache.getAndTouch(text(a, 0), ttl(a, 1));
        return found == null ? null : found.getValue();
      });
    }
    verbs.put("delete", a -> cache.delete(text(a, 0)).get());
    verbs.put("items", a -> cache.getStats().values().iterator().next().get("curr_items"));
    verbs.put("version", a -> cache.getVersions().values().iterator().next());
    verbs.put("flush", a -> cache.flush().get());
    return verbs;
  }

  static Object count(long answer) {
    return answer < 0 ? null : answer;
  }

  static String text(JsonArray arguments, int at) {
    return arguments.get(at).getAsString();
  }

  static List<String> texts(JsonArray values) {
    List<String> list = new ArrayList<>();
    for (JsonElement value : values) list.add(value.getAsString());
    return list;
  }

  static int ttl(JsonArray arguments, int at) {
    return at < arguments.size() ? arguments.get(at).getAsInt() : NO_EXPIRY;
  }

  static void serve(String name, Map<String, Verb> verbs) throws Exception {
    Gson gson = new Gson().newBuilder().serializeNulls().create();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println(gson.toJson(Map.of("client", name, "verbs", verbs.keySet())));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonArray arguments = JsonParser.parseString(line).getAsJsonArray();
      Verb verb = verbs.get(arguments.remove(0).getAsString());
      Map<String, Object> answer = new HashMap<>();
      try {
        answer.put("is", verb.run(arguments));
      } catch (Exception error) {
        answer.put("failed", error.toString());
      }
      out.println(gson.toJson(answer));
    }
  }
}
