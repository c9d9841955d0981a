package io.somekv.storage.rocks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.WriteOptions;

/**
 * How RocksDB is set up for a node on two cores with little memory. Everything here is native
 * memory and is closed together, after the database.
 */
final class RocksOptions implements AutoCloseable {
    private static final long WRITE_BUFFER_SIZE_MIN = 20L << 20;

    /** Three of it are what a reserve of the disk has room for. */
    static final long WRITE_BUFFER_SIZE_MAX = 32L << 20;

    static final long BLOCK_CACHE_SIZE_DEFAULT = 64L << 20;

    /** Values of this size and more get files of their own. */
    private static final long BLOB_SIZE_MIN = 32 << 10;

    /** Few: lanes are few, and a block must fit into its shard many times. */
    private static final int CACHE_SHARD_BITS = 2;

    private final List<AbstractNativeReference> owned = new ArrayList<>();

    final CompactionPace pace;

    /** Of a file of a store that is being filled: as large as a few buffers that are flushed. */
    final long stagedFileSizeMax;

    final Options database;
    final WriteOptions writes;
    final ReadOptions reads;

    /** Sees only what is in files: what a crash would leave. */
    final ReadOptions persistedReads;

    RocksOptions(long writeBufferSize, long blockCacheSize) {
        stagedFileSizeMax = 2 * writeBufferSize;
        pace = new CompactionPace(writeBufferSize);
        BlockBasedTableConfig table =
                new BlockBasedTableConfig()
                        .setBlockCache(own(new LRUCache(blockCacheSize, CACHE_SHARD_BITS)))
                        // Whether a key that is not there costs a disk read: 10 bits, one in a
                        // hundred does.
                        .setFilterPolicy(own(new BloomFilter(10, false)))
                        // Index and filters count in the cache, so that it bounds memory. They are
                        // cut up: the index of a file of 256 MiB is larger than a shard of the
                        // cache, and as one block it was read anew for every row.
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true)
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        .setPartitionFilters(true)
                        // RocksDB counts the parts again and again while it writes a file: with 8
                        // KiB each, a third of a compaction's time (docs/FIGURES.md).
                        .setMetadataBlockSize(64 << 10)
                        .setPinTopLevelIndexAndFilter(true)
                        .setCacheIndexAndFilterBlocksWithHighPriority(true)
                        .setBlockSize(8 << 10);
        database =
                own(new Options())
                        .setCreateIfMissing(true)
                        .setTableFormatConfig(table)
                        // One buffer fills while one is written out; a third before writes stall.
                        .setWriteBufferSize(writeBufferSize)
                        .setMaxWriteBufferNumber(3)
                        // One compaction and one flush: two cores have other work.
                        .setMaxBackgroundJobs(2)
                        .setRateLimiter(pace.limiter())
                        .setWritableFileMaxBufferSize(CompactionPace.SLICE_BYTES)
                        // Else it would be what the pace happens to be at the opening.
                        .setDelayedWriteRate(16 << 20)
                        // Fresh data stays as it is, it will be compacted soon; the bulk, in the
                        // lowest level, is compressed: LZ4 costs less than the disk it saves.
                        .setCompressionType(CompressionType.NO_COMPRESSION)
                        .setBottommostCompressionType(CompressionType.LZ4_COMPRESSION)
                        .setLevelCompactionDynamicLevelBytes(true)
                        // Large values lie beside the tables: whoever looks for the next key reads
                        // no value on the way, where a seek read 16 MiB and held its lane for it,
                        // and a compaction does not write them anew.
                        .setEnableBlobFiles(true)
                        .setMinBlobSize(BLOB_SIZE_MIN)
                        .setEnableBlobGarbageCollection(true)
                        // Steady small writes to the device instead of bursts that hold up the
                        // log's syncs.
                        .setBytesPerSync(1 << 20)
                        // Flushes write batches in the order they came, as long as there is one
                        // column family: so a crash leaves a prefix of them.
                        .setAtomicFlush(false)
                        .setAvoidFlushDuringShutdown(true)
                        .setParanoidChecks(true)
                        .setMaxOpenFiles(512)
                        .setKeepLogFileNum(4)
                        .setMaxLogFileSize(4 << 20)
                        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL);
        writes = own(new WriteOptions()).setDisableWAL(true);
        reads = own(new ReadOptions());
        persistedReads = own(new ReadOptions()).setReadTier(ReadTier.PERSISTED_TIER);
    }

    /**
     * A size for each opening. Replicas are given the same rows at the same time: with buffers of
     * one size all would write them out, and compact them, at the same moments, and no quorum would
     * be free of it.
     */
    static long drawWriteBufferSize(RandomGenerator random) {
        return random.nextLong(WRITE_BUFFER_SIZE_MIN, WRITE_BUFFER_SIZE_MAX + 1);
    }

    private <T extends AbstractNativeReference> T own(T reference) {
        owned.add(reference);
        return reference;
    }

    @Override
    public void close() {
        Collections.reverse(owned);
        owned.forEach(AbstractNativeReference::close);
        pace.close();
    }
}
