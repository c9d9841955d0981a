package io.somekv.server.cli;

import io.somekv.protocol.config.MoveTuning;
import io.somekv.server.cli.MovePicture.SeenMove;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv cluster moves}: the shards that are on their way, and how they may be. */
@Command(
        name = "moves",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]",
        description = "Show the shards that are on their way from group to group.",
        subcommands = {
            MovesCommand.Pause.class,
            MovesCommand.Resume.class,
            MovesCommand.Cancel.class,
            MovesCommand.Limit.class
        })
final class MovesCommand extends ControlCommand {
    private static final long LOOK_AGAIN_MILLIS = 1000;
    private static final long RATE_MILLIS = 500;

    /** Cursor to the top left, and everything behind it gone (ECMA-48). */
    private static final String CLEAR = "\033[H\033[J";

    @Option(names = "--json", description = "For programs.")
    private boolean json;

    @Option(names = "--watch", description = "Look each second, until no shard is on its way.")
    private boolean watch;

    @Override
    void run(ControlChannel channel) throws InterruptedException {
        MovePicture earlier = look(channel);
        if (!watch && earlier.anyIsCopied()) {
            TimeUnit.MILLISECONDS.sleep(RATE_MILLIS);
        }
        MovePicture picture = watch ? earlier : look(channel);
        show(picture, earlier);
        while (watch && !picture.moves().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            earlier = picture;
            picture = look(channel);
            show(picture, earlier);
        }
    }

    private void show(MovePicture picture, MovePicture earlier) {
        boolean isTerminal =
                Optional.ofNullable(System.console()).filter(c -> c.isTerminal()).isPresent();
        if (json) {
            out().print(picture.json(earlier));
        } else {
            out().print((watch && isTerminal ? CLEAR : "") + picture.table(earlier, isTerminal));
        }
        out().flush();
    }

    private static MovePicture look(ControlChannel channel) {
        return MovePicture.of(ClusterPicture.take(channel, false));
    }

    /** Returns what is on its way, under the settings as they are from now on. */
    private static String tuned(ControlChannel channel, MoveTuning tuning) {
        channel.tuneMoves(tuning);
        MovePicture picture = look(channel);
        MovePicture now = picture.under(tuning.appliedTo(picture.settings()));
        return now.table(now, false);
    }

    /** Copies no more. */
    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = {
                "Copy no shard any more, or none of those named, until 'resume'.",
                "What was copied stays, unless what changes in the meantime takes more room than"
                        + " the shard. What is handed over already is finished."
            })
    static final class Pause extends ControlCommand {
        @Parameters(arity = "0..*", paramLabel = "SHARD", description = "All if none is named.")
        private List<Integer> shards = new ArrayList<>();

        @Override
        void run(ControlChannel channel) {
            out().print(tuned(channel, MoveTuning.pause(shards)));
        }
    }

    /** The end of a pause. */
    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description = "Go on with all shards, or those named, after 'pause'.")
    static final class Resume extends ControlCommand {
        @Parameters(
                arity = "0..*",
                paramLabel = "SHARD",
                description = "If none is named, the pause of all ends; that of single shards not.")
        private List<Integer> shards = new ArrayList<>();

        @Override
        void run(ControlChannel channel) {
            out().print(tuned(channel, MoveTuning.resume(shards)));
        }
    }

    /** Calls moves off. */
    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            description = {
                "Call off the move of shards that are not being handed over yet: by a new config"
                        + " they are to stay with the group that serves them, as by 'cluster"
                        + " move'. One that is handed over just then comes back. A group that has"
                        + " left keeps none: have it join again."
            })
    static final class Cancel extends ControlCommand {
        @Parameters(arity = "1..*", paramLabel = "SHARD", description = "Their numbers, from 0.")
        private List<Integer> shards = new ArrayList<>();

        @Override
        void run(ControlChannel channel) {
            for (int shard : shards) {
                SeenMove move = moveOf(shard, look(channel));
                channel.move(shard, move.from());
                out().println("shard " + shard + " stays with group " + move.from());
            }
        }

        /** One that can be called off, where the shard has others that are not yet released. */
        static SeenMove moveOf(int shard, MovePicture picture) {
            Optional<SeenMove> move =
                    picture.moves().stream()
                            .filter(seen -> seen.shard() == shard)
                            .min(Comparator.comparing(SeenMove::isHandedOver));
            if (move.isEmpty()) {
                throw refused("shard " + shard + " is not on its way");
            }
            if (move.get().isHandedOver()) {
                throw refused(
                        "shard "
                                + shard
                                + " is handed over, or about to be: move it back with somekv"
                                + " cluster move "
                                + shard
                                + " "
                                + move.get().from());
            }
            return move.get();
        }

        private static ControlException refused(String why) {
            return new ControlException(ControlException.Kind.INVALID, why);
        }
    }

    /** How many and how fast. */
    @Command(
            name = "limit",
            mixinStandardHelpOptions = true,
            description = {
                "Change how many shards move at a time and how fast, also of moves under way.",
                "Copying yields to clients besides: after each piece it rests as long as that took,",
                "and seven times as long where clients are served."
            })
    static final class Limit extends ControlCommand {
        @Option(
                names = "--at-once",
                paramLabel = "N",
                description = "Shards that one group takes in at a time.")
        private @Nullable Integer atOnce;

        @Option(
                names = "--rate",
                paramLabel = "SIZE",
                description = "What one lane copies, or compares, of rows in a second, as 64m.")
        private @Nullable String rate;

        @Override
        void run(ControlChannel channel) {
            MoveTuning tuning = MoveTuning.NONE;
            if (atOnce != null) {
                tuning = tuning.withTransfersMax(atOnce);
            }
            if (rate != null) {
                tuning = tuning.withBytesPerSecondMax(ByteSize.parse(rate));
            }
            out().print(tuned(channel, tuning));
        }
    }
}
