package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.HandOverProof;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSettings;
import java.util.Optional;

/** Moves shard 0 from one group to another, a step at a time: what a driver on real nodes does. */
final class Mover {
    static final int SHARD = 0;
    static final GroupSettings SETTINGS = new GroupSettings(1, 1 << 20, 64, 1);

    final Group source;
    final Group target;
    final long config;
    private final long sourceId;
    long copyId;

    Mover(Group source, Group target, long config) {
        this.source = source;
        this.target = target;
        this.config = config;
        this.sourceId = config;
    }

    /** A group that is to get the shard and knows what a shard is. */
    static Group empty() {
        Group group = new Group();
        group.client = new ClientId(1, 2);
        group.apply(Group.bare(new Command.Configure(SETTINGS)));
        return group;
    }

    static Outcome run(Group group, Command.MoveStep step) {
        return group.apply(Group.bare(step)).getFirst();
    }

    void start() {
        Outcome.Copying copying =
                assertInstanceOf(
                        Outcome.Copying.class,
                        run(source, new Command.StartCopy(SHARD, config, sourceId + 100)));
        copyId = copying.copyId();
    }

    Optional<Incoming> staged() {
        return target.machine.incoming().stream()
                .filter(move -> move.config() == config && !move.isOwned())
                .findFirst();
    }

    CopyCursor cursor() {
        return staged().map(Incoming::cursor).orElse(CopyCursor.START);
    }

    Outcome.ShardPiece read(CopyCursor cursor) {
        return assertInstanceOf(
                Outcome.ShardPiece.class,
                source.machine.read(new Command.ReadShard(SHARD, copyId, cursor)));
    }

    Command.Stage stage(Outcome.ShardPiece piece) {
        long number = staged().map(Incoming::pieces).orElse(0L);
        return new Command.Stage(SHARD, config, sourceId, number, piece);
    }

    /** Takes one piece; gives what was read. */
    Outcome.ShardPiece pull() {
        Outcome.ShardPiece piece = read(cursor());
        assertEquals(new Outcome.Ok(), run(target, stage(piece)));
        return piece;
    }

    /** Until no change is left that is not copied. */
    void catchUp() {
        while (cursor().part() == CopyCursor.Part.ROWS || pull().changesLeft() > 0) {
            pull();
        }
    }

    long freeze() {
        assertEquals(new Outcome.Ok(), run(source, new Command.Freeze(SHARD, copyId)));
        return source.machine.outgoing().getLast().freezeId();
    }

    void prepare() {
        while (!staged().map(Incoming::isPrepared).orElse(false)) {
            pull();
        }
    }

    Outcome handOver(long freezeId) {
        return run(source, new Command.HandOver(SHARD, copyId, freezeId));
    }

    Command.Own own(Outcome.HandedOver handedOver, long freezeId) {
        HandOverProof proof =
                new HandOverProof(
                        copyId, freezeId, staged().orElseThrow().digest(), handedOver.logTime());
        return new Command.Own(SHARD, config, Optional.of(proof));
    }

    /** From the freeze to the owner's first answer. */
    void finish() {
        long freezeId = freeze();
        prepare();
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, handOver(freezeId));
        assertEquals(new Outcome.Ok(), run(target, own(handedOver, freezeId)));
    }

    void release() {
        assertEquals(new Outcome.Ok(), run(source, new Command.Release(SHARD, copyId)));
        assertEquals(new Outcome.Ok(), run(target, new Command.Released(SHARD, config)));
    }

    void all() {
        start();
        catchUp();
        finish();
        release();
    }

    static Command.Put expiring(String key, String value, long millis) {
        return new Command.Put(
                Bytes.utf8(key),
                Bytes.utf8(value),
                Condition.ALWAYS,
                new Expiry(Expiry.Kind.AFTER, millis),
                false);
    }
}
