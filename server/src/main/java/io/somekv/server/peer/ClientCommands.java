package io.somekv.server.peer;

import io.somekv.protocol.command.Command;

/**
 * What a client that speaks frames may ask for: keys, and what it needs to find them. All else is
 * asked by nodes only, of each other or as an operator wants it (gRPC). What they say is taken for
 * true: that every earlier owner has given up a shard, that a group serves one, who its members
 * are. A word of that from somebody else would lose data, or stop a group for good.
 */
final class ClientCommands {
    private ClientCommands() {}

    static boolean allow(Command command) {
        return switch (command) {
            case Command.Keyed _, Command.OfSlot _, Command.CountKeys _, Command.Clear _ -> true;
            case Command.QueryConfig _, Command.RegisterClient _ -> true;
            case Command.MoveStep _,
                    Command.ReadShard _,
                    Command.DigestShard _,
                    Command.IsPristine _,
                    Command.Configure _,
                    Command.StateDigest _ ->
                    false;
            case Command.MasterWrite _, Command.QueryCaretaker _ -> false;
        };
    }
}
