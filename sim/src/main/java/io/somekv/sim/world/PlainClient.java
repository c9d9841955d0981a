package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A client without an identity, connected to the door of some node, as Redis clients are: it sends
 * a command once, and when the connection breaks it does not know and connects elsewhere.
 */
final class PlainClient implements Client {
    private final World world;
    private final List<SimNode> nodes;
    private final SplittableRandom random;
    private SimNode node;

    PlainClient(World world, List<SimNode> nodes) {
        this.world = world;
        this.nodes = nodes;
        this.random = world.fork();
        this.node = anyNode();
    }

    @Override
    public void execute(Command command, ReadMode mode, Consumer<Outcome> done) {
        if (!node.isUp() || random.nextInt(50) == 0) {
            node = anyNode();
        }
        NodeProcess door = node.process().orElse(null);
        if (door == null) {
            world.timeline().after(10 * MILLISECOND, () -> done.accept(new Outcome.Busy(10)));
            return;
        }
        long group = command instanceof Command.StartCluster ? 0 : Frame.ANY_GROUP;
        door.ask(
                group,
                new Request(Optional.empty(), command),
                mode,
                answer ->
                        world.timeline()
                                .after(
                                        random.nextLong(MILLISECOND),
                                        () -> done.accept(answer.outcome())));
    }

    private SimNode anyNode() {
        return nodes.get(random.nextInt(nodes.size()));
    }
}
