package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;

/** A number that INFO tells. */
record InfoField(String section, String name) {
    long read(Jedis jedis) {
        Matcher found = Pattern.compile(name + ":(\\d+)").matcher(jedis.info(section));
        assertTrue(found.find(), name);
        return Long.parseLong(found.group(1));
    }
}
