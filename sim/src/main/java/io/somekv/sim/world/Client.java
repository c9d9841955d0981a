package io.somekv.sim.world;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.function.Consumer;

/** Somebody who asks; may ask again before the answer is there. */
public interface Client {
    /** Each call is answered, once, in the end. */
    void execute(Command command, Consumer<Outcome> done);
}
