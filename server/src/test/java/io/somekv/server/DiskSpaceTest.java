package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.frame.DiskRoom;
import io.somekv.server.grpc.ControlChannel;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** When a node calls its disk nearly full, and what its clients see of that. */
final class DiskSpaceTest {
    private static final long MIB = 1L << 20;

    @TempDir private Path folder;

    private static final class Store extends FileStore {
        long total;
        long usable;
        boolean isBroken;

        Store(long total, long usable) {
            this.total = total;
            this.usable = usable;
        }

        @Override
        public long getTotalSpace() {
            return total;
        }

        @Override
        public long getUsableSpace() throws IOException {
            if (isBroken) {
                throw new IOException("no answer");
            }
            return usable;
        }

        @Override
        public long getUnallocatedSpace() {
            return usable;
        }

        @Override
        public String name() {
            return "store";
        }

        @Override
        public String type() {
            return "test";
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(String name) {
            return false;
        }

        @Override
        public <V extends FileStoreAttributeView> V getFileStoreAttributeView(Class<V> type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object getAttribute(String attribute) {
            throw new UnsupportedOperationException();
        }
    }

    private static boolean isNearlyFull(long totalMib, long usableMib) {
        Store store = new Store(totalMib * MIB, usableMib * MIB);
        return new DiskSpace(List.of(store), OptionalLong.empty()).look().isNearlyFull();
    }

    @Test
    void theReserveIsATenthWithinBounds() {
        assertTrue(isNearlyFull(500, 255));
        assertFalse(isNearlyFull(500, 257));
        assertTrue(isNearlyFull(5_000, 499));
        assertFalse(isNearlyFull(5_000, 501));
        assertTrue(isNearlyFull(1_000_000, 1_023));
        assertFalse(isNearlyFull(1_000_000, 1_025));
    }

    @Test
    void itEndsAQuarterAboveWhereItBegan() {
        Store store = new Store(1000 * MIB, 101);
        DiskSpace space = new DiskSpace(List.of(store), OptionalLong.of(100));
        assertEquals(new DiskRoom(false, 101), space.look());
        store.usable = 99;
        assertEquals(new DiskRoom(true, 99), space.look());
        store.usable = 124;
        assertTrue(space.look().isNearlyFull());
        store.usable = 125;
        assertFalse(space.look().isNearlyFull());
        store.usable = 101;
        assertFalse(space.look().isNearlyFull());
        assertEquals(new DiskRoom(false, 101), space.room());
    }

    @Test
    void anyFileSystemCountsAndOneThatDoesNotSayChangesNothing() {
        Store data = new Store(1000 * MIB, 500);
        Store wal = new Store(1000 * MIB, 50);
        DiskSpace space = new DiskSpace(List.of(data, wal), OptionalLong.of(100));
        assertEquals(new DiskRoom(true, 50), space.look());
        wal.isBroken = true;
        wal.usable = 500;
        assertEquals(new DiskRoom(true, 50), space.look());
        wal.isBroken = false;
        assertEquals(new DiskRoom(false, 500), space.look());
    }

    /** A reserve larger than any disk stands for a disk that is nearly full. */
    @Test
    void aNodeWithoutRoomReadsAndDeletesAndSaysWhyItDoesNotWrite() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 1)) {
            try (Jedis jedis = jedis(cluster)) {
                jedis.set("key", "value");
            }
            cluster.diskReserve(Long.MAX_VALUE / 2);
            cluster.restart();
            try (Jedis jedis = jedis(cluster)) {
                assertEquals("value", jedis.get("key"));
                String refusal =
                        String.valueOf(
                                assertThrows(
                                                JedisDataException.class,
                                                () -> jedis.set("key", "more"))
                                        .getMessage());
                assertTrue(refusal.startsWith("MISCONF "), refusal);
                assertTrue(refusal.contains("the disk of node 1 is nearly full"), refusal);
                assertTrue(jedis.info("persistence").contains("disk_nearly_full:1"));
                assertEquals(1, jedis.del("key"));
            }
            try (ControlChannel control = cluster.control(0)) {
                assertTrue(control.status(false).getDiskNearlyFull());
            }
            cluster.diskReserve(0);
            cluster.restart();
            try (Jedis jedis = jedis(cluster)) {
                assertEquals("OK", jedis.set("key", "again"));
                assertTrue(jedis.info("persistence").contains("disk_nearly_full:0"));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    private static Jedis jedis(TestCluster cluster) {
        return new Jedis(cluster.info(0).host(), cluster.info(0).respPort(), 20_000);
    }
}
