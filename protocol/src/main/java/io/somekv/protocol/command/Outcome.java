package io.somekv.protocol.command;

import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.config.ClusterMap;
import java.util.List;
import java.util.Optional;

/** Every answer to a {@link Command}, refusals included: outcomes are values, not exceptions. */
public sealed interface Outcome {
    /** What executing the command gave: kept in the duplicate table until acknowledged. */
    sealed interface Result extends Outcome {}

    /** Nothing was executed, and no sequence consumed: the same request may be sent again. */
    sealed interface NotExecuted extends Outcome {}

    // ---- results

    record Ok() implements Result {}

    /** No such key, or a condition that did not hold. */
    record Nil() implements Result {}

    record Value(Bytes value) implements Result {}

    record Int(long value) implements Result {}

    record Values(List<Optional<Bytes>> values) implements Result {
        public Values {
            values = List.copyOf(values);
        }
    }

    /** Executed and refused; the state is as before. */
    record Refused(Reason reason, String message) implements Result {}

    record Registered(ClientId client) implements Result {}

    record Cluster(ClusterMap map) implements Result {}

    /**
     * Answer to {@link Command.GiveUp}.
     *
     * @param hasData the shard was written to and stays where it is: nobody else has it
     * @param lostAt config number for which it was given up when it was last owned here, now or
     *     before: other groups may have had it from there on, and no earlier; 0 for not known
     */
    record GivenUp(boolean hasData, long lostAt) implements Result {}

    /**
     * Answer to {@link Command.StartCopy}.
     *
     * @param copyId of the copy that is under way
     */
    record Copying(long copyId) implements Result {}

    /**
     * Answer to {@link Command.ReadShard}: part of a shard, as the source's applied state has it.
     *
     * @param freezeId of the freeze under which it was read; 0 for none
     * @param rows or outcomes, as the state machine writes them
     * @param digest over {@code rows}
     * @param next where the next piece begins
     * @param changes that this piece takes up; a key that changed often counts as often
     * @param changesLeft behind this piece, counted up to a bound
     * @param bytesLeft of rows behind this piece, roughly
     * @param operations that clients asked of any shard, counted by the replica that answers since
     *     it was started
     */
    record ShardPiece(
            long copyId,
            long freezeId,
            long logTime,
            Bytes rows,
            long digest,
            CopyCursor next,
            int changes,
            int changesLeft,
            long bytesLeft,
            long operations)
            implements Result {}

    /**
     * Answer to {@link Command.HandOver}.
     *
     * @param logTime of the entry that did it
     */
    record HandedOver(long logTime) implements Result {}

    /**
     * Answer to {@link Command.DigestShard}.
     *
     * @param range that the digest is over: it may end sooner than asked for, and leave out more
     */
    record ShardDigest(DigestRange range, long digest) implements Result {}

    record Caretaker(CaretakerState state) implements Result {}

    // ---- not executed

    /** This group does not serve the key's shard; {@code config} is the latest it knows of. */
    record WrongGroup(long config) implements NotExecuted {}

    /**
     * Ask the leader.
     *
     * @param leaderNode node id where the answering node believes it to be; 0 when it knows none
     */
    record NotLeader(long leaderNode) implements NotExecuted {}

    /** A bound is reached. */
    record Busy(int retryAfterMillis) implements NotExecuted {}

    /**
     * The command would make the data grow, and no quorum of its group has room on its disks. What
     * makes room is executed, and what reads.
     *
     * @param nodeId whose disk it is, one of them where there are several
     * @param freeBytes what is left there
     */
    record DiskNearlyFull(long nodeId, long freeBytes) implements NotExecuted {
        /** For a person. */
        public String text() {
            return "the disk of node "
                    + nodeId
                    + " is nearly full ("
                    + (freeBytes >> 20)
                    + " MiB free): what makes the data grow is refused until there is room; delete"
                    + " keys, or give that disk more room";
        }
    }

    /**
     * The stamp's deadline is missing, or too far ahead of log time: set one from {@code logTime}.
     */
    record DeadlineNeeded(long logTime) implements NotExecuted {}

    /** The command does not belong where it was sent, or exceeds a limit; nothing was changed. */
    record Invalid(String message) implements NotExecuted {}

    // ---- neither

    /** Below the client's floor: it was finished long ago, and its result is gone. */
    record BelowFloor() implements Outcome {}

    /** It may or may not have been executed; never an answer that reads like a failure. */
    record Unknown(String why) implements Outcome {}

    /** Why an executed command was refused; clients may act on it. */
    enum Reason {
        NOT_AN_INTEGER,
        OVERFLOW,
        NOT_A_FLOAT,
        VALUE_TOO_LARGE,
        INVALID_EXPIRY,
        NO_SUCH_GROUP,
        GROUP_EXISTS,
        NO_SUCH_SHARD,
        NO_SUCH_NODE,
        NOTHING_TO_DO,
        NOT_STARTED,
        ALREADY_STARTED,
        NO_SUCH_COPY
    }
}
