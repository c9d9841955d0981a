package io.somekv.protocol;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.RequestStamp;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * Draws records of any type, fields and all, from a seed: a record added to a sealed interface is
 * covered by every test that draws from here, without being named.
 */
public final class RandomRecords {
    private final Random random;

    public RandomRecords(long seed) {
        random = new Random(seed);
    }

    /** All records under a sealed interface, in the order in which they are declared. */
    public static List<Class<?>> recordsOf(Class<?> sealed) {
        List<Class<?>> records = new ArrayList<>();
        if (sealed.isRecord()) {
            records.add(sealed);
        } else {
            for (Class<?> permitted : sealed.getPermittedSubclasses()) {
                for (Class<?> record : recordsOf(permitted)) {
                    if (!records.contains(record)) {
                        records.add(record);
                    }
                }
            }
        }
        return records;
    }

    public <T> T any(Class<T> type) {
        return type.cast(draw(type));
    }

    private Object draw(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type element = generic.getActualTypeArguments()[0];
            return generic.getRawType() == Optional.class
                    ? (random.nextBoolean() ? Optional.empty() : Optional.of(draw(element)))
                    : list(element);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == long.class || plain == Long.class) {
            return random.nextLong() >>> 1 >> random.nextInt(63);
        } else if (plain == int.class || plain == Integer.class) {
            return random.nextInt() >> random.nextInt(32);
        } else if (plain == boolean.class || plain == Boolean.class) {
            return random.nextBoolean();
        } else if (plain == String.class) {
            return "text ü " + random.nextInt(1000);
        } else if (plain == Bytes.class) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            return Bytes.wrap(bytes);
        } else if (plain == UUID.class) {
            return new UUID(random.nextLong(), random.nextLong());
        } else if (plain.isEnum()) {
            Object[] constants = plain.getEnumConstants();
            return constants[random.nextInt(constants.length)];
        } else if (plain == ReadMode.class) {
            return random.nextBoolean() ? ReadMode.LEADER : ReadMode.stale(random.nextLong() >>> 1);
        } else if (plain == RequestStamp.class) {
            return stamp();
        } else if (plain.isRecord()) {
            return record(plain);
        } else if (plain.isSealed()) {
            List<Class<?>> records = recordsOf(plain);
            return draw(records.get(random.nextInt(records.size())));
        }
        throw new AssertionError("no way to draw a " + type);
    }

    private List<Object> list(Type element) {
        List<Object> elements = new ArrayList<>();
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            elements.add(draw(element));
        }
        return elements;
    }

    private Object record(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = draw(components[i].getGenericType());
        }
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("cannot make a " + type, e);
        }
    }

    private RequestStamp stamp() {
        long floor = 1L + random.nextInt(1000);
        List<RequestStamp.Range> finished = new ArrayList<>();
        long above = floor;
        for (int left = random.nextInt(RequestStamp.FINISHED_MAX + 1); left > 0; left--) {
            long from = above + 1 + random.nextInt(300);
            above = from + random.nextInt(300);
            finished.add(new RequestStamp.Range(from, above));
        }
        return new RequestStamp(
                new ClientId(random.nextLong(), random.nextLong()),
                floor + random.nextInt(1000),
                floor,
                finished,
                random.nextInt(4) == 0 ? 0 : random.nextLong() >>> 20);
    }
}
