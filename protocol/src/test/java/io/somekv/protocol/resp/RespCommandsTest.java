package io.somekv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What each request turns into, and what its outcomes turn into. */
class RespCommandsTest {
    private static final int SHARDS = 16;

    private final RespCommands commands = new RespCommands();
    private final RespConnection connection = new RespConnection(7, true, false);

    @Test
    void unknownCommandsAreRefusedInTheWordsOfRedis() {
        assertError("ERR unknown command 'HGET', with args beginning with: 'a' 'b' ", "HGET a b");
        assertError("ERR unknown command 'x', with args beginning with: ", "x");
        assertError("ERR wrong number of arguments for 'get' command", "GET");
        assertError("ERR wrong number of arguments for 'mset' command", "MSET a 1 b");
        assertError("ERR unknown subcommand 'FOO'. Try CLIENT HELP.", "CLIENT FOO");
        assertError("ERR wrong number of arguments for 'client|setname' command", "CLIENT SETNAME");
    }

    @Test
    void setTakesItsOptionsInAnyOrder() {
        assertEquals(
                new Command.Put(k(), v(), Condition.ALWAYS, Expiry.NONE, false), put("SET k v"));
        assertEquals(
                new Command.Put(
                        k(), v(), Condition.IF_ABSENT, new Expiry(Expiry.Kind.AFTER, 10_000), true),
                put("SET k v EX 10 GET nx"));
        assertEquals(
                new Command.Put(
                        k(), v(), Condition.IF_PRESENT, new Expiry(Expiry.Kind.AT, 77), false),
                put("set k v xx pxat 77"));
        assertEquals(
                new Command.Put(k(), v(), Condition.ALWAYS, Expiry.KEEP, false),
                put("SET k v KEEPTTL"));
        assertError("ERR syntax error", "SET k v NX XX");
        assertError("ERR syntax error", "SET k v EX 1 PX 1");
        assertError("ERR syntax error", "SET k v EX 1 KEEPTTL");
        assertError("ERR syntax error", "SET k v EX");
        assertError("ERR syntax error", "SET k v FOO");
        assertError("ERR value is not an integer or out of range", "SET k v EX 1x");
        assertError("ERR invalid expire time in 'set' command", "SET k v EX 0");
        assertError("ERR invalid expire time in 'set' command", "SET k v EX 9223372036854775807");
        assertError("ERR invalid expire time in 'setex' command", "SETEX k -1 v");
    }

    @Test
    void setnxAnswersWithANumber() {
        assertEquals(new RespReply.Int(1), answer("SETNX k v", new Outcome.Ok()));
        assertEquals(new RespReply.Int(0), answer("SETNX k v", new Outcome.Nil()));
    }

    @Test
    void numbersAreCheckedBeforeAnythingIsSent() {
        assertEquals(new Command.Increment(k(), -5), part("DECRBY k 5").command());
        assertEquals(new Command.Increment(k(), 1), part("INCR k").command());
        assertError("ERR value is not an integer or out of range", "INCRBY k 1.5");
        assertError("ERR value is not an integer or out of range", "INCRBY k 9223372036854775808");
        assertError("ERR decrement would overflow", "DECRBY k -9223372036854775808");
        assertError("ERR value is not a valid float", "INCRBYFLOAT k abc");
        assertError("ERR value is not a valid float", "INCRBYFLOAT k 1e999999999");
        assertEquals(
                new Command.IncrementFloat(k(), "1.5e3"), part("INCRBYFLOAT k 1.5e3").command());
    }

    @Test
    void manyKeysAreSplitByShardAndPutTogetherAgain() {
        List<String> names = List.of("a", "b", "c", "{a}2", "d", "a");
        RespAction.Ask ask = ask("MGET " + String.join(" ", names));
        List<Outcome> outcomes = new ArrayList<>();
        for (RespAction.Part part : ask.parts()) {
            List<Optional<Bytes>> values = new ArrayList<>();
            for (Bytes key : ((Command.GetMany) part.command()).keys()) {
                assertEquals(part.shard(), Slots.shardOf(key, SHARDS));
                values.add(
                        key.equals(Bytes.utf8("c"))
                                ? Optional.empty()
                                : Optional.of(Bytes.utf8("=" + key)));
            }
            outcomes.add(new Outcome.Values(values));
        }
        List<RespReply> expected = new ArrayList<>();
        for (String name : names) {
            expected.add(name.equals("c") ? RespReply.NULL : RespReply.bulk("=" + name));
        }
        assertEquals(new RespReply.Array(expected), ask.merge().merge(outcomes));
    }

    @Test
    void countsOfShardsAreAddedUp() {
        assertEquals(
                new RespReply.Int(3L * ask("DEL a b c d").parts().size()),
                answer("DEL a b c d", new Outcome.Int(3)));
        assertEquals(new RespReply.Int(2L * SHARDS), answer("DBSIZE", new Outcome.Int(2)));
        assertEquals(RespReply.OK, answer("FLUSHALL", new Outcome.Ok()));
        assertEquals(RespReply.OK, answer("MSET a 1 b 2 a 3", new Outcome.Ok()));
    }

    @Test
    void aSplitCommandThatFailedInPartSaysSo() {
        RespAction.Ask ask = ask("MSET a 1 b 2");
        assertEquals(2, ask.parts().size());
        assertEquals(
                new RespReply.Failure(
                        "UNKNOWN the write may or may not have been applied: late; 1 of 2 shards"
                                + " did their part"),
                ask.merge().merge(List.of(new Outcome.Ok(), new Outcome.Unknown("late"))));
    }

    @Test
    void outcomesThatAreNoResultsHaveCodesThatClientsDoNotMisread() {
        assertCode("UNKNOWN", new Outcome.Unknown("late"));
        assertCode("UNKNOWN", new Outcome.BelowFloor());
        assertCode("TRYAGAIN", new Outcome.Busy(5));
        assertCode("MISCONF", new Outcome.DiskNearlyFull(1, 5 << 20));
        assertCode("TRYAGAIN", new Outcome.DeadlineNeeded(0));
        assertCode("CLUSTERDOWN", new Outcome.WrongGroup(1));
        assertCode("CLUSTERDOWN", new Outcome.NotLeader(0));
        assertCode("ERR", new Outcome.Invalid("no"));
        for (Outcome.Reason reason : Outcome.Reason.values()) {
            assertCode("ERR", new Outcome.Refused(reason, "why"));
        }
    }

    @Test
    void withoutAClusterNothingIsServed() {
        assertEquals(
                RespAction.error("CLUSTERDOWN Hash slot not served"),
                commands.interpret(words("GET k"), connection, 0));
    }

    @Test
    void helloChoosesTheProtocol() {
        RespReply.Map welcome = assertInstanceOf(RespReply.Map.class, reply("HELLO 3"));
        assertEquals(3, connection.protocol());
        assertTrue(welcome.fields().contains(RespReply.field("proto", new RespReply.Int(3))));
        assertError("NOPROTO unsupported protocol version", "HELLO 4");
        assertError("ERR Syntax error in HELLO option 'FOO'", "HELLO 2 FOO");
        assertEquals(3, connection.protocol(), "a HELLO that fails changes nothing");
        reply("HELLO 2 SETNAME me");
        assertEquals(2, connection.protocol());
        assertEquals("me", connection.name());
    }

    @Test
    void aClientThatMustAuthenticateCanDoNothingElse() {
        RespConnection stranger = new RespConnection(8, false, false);
        assertEquals(
                RespAction.error("NOAUTH Authentication required."),
                commands.interpret(words("GET k"), stranger, SHARDS));
        RespAction.Authenticate check =
                assertInstanceOf(
                        RespAction.Authenticate.class,
                        commands.interpret(words("HELLO 3 AUTH me secret"), stranger, SHARDS));
        assertEquals("me", check.user());
        assertEquals(2, stranger.protocol(), "not before the password is checked");
        stranger.becomeAuthenticated(check.user());
        assertInstanceOf(RespAction.Reply.class, check.then().get());
        assertEquals(3, stranger.protocol());
    }

    @Test
    void clientReplyChoosesWhichRepliesAreWritten() {
        assertInstanceOf(RespAction.Silent.class, action("CLIENT REPLY SKIP"));
        assertInstanceOf(RespAction.Silent.class, action("PING"));
        assertInstanceOf(RespAction.Reply.class, action("PING"));
        assertInstanceOf(RespAction.Silent.class, action("CLIENT REPLY OFF"));
        assertInstanceOf(RespAction.Silent.class, action("GET k"));
        assertEquals(RespReply.OK, reply("CLIENT REPLY ON"));
        assertInstanceOf(RespAction.Ask.class, action("GET k"));
    }

    @Test
    void theTableTellsAboutItself() {
        assertEquals(new RespReply.Int(commands.names().size()), reply("COMMAND COUNT"));
        assertEquals(
                new RespReply.Array(List.of(RespReply.bulk("a"), RespReply.bulk("b"))),
                reply("COMMAND GETKEYS MSET a 1 b 2"));
        assertError("ERR The command has no key arguments", "COMMAND GETKEYS PING");
        RespReply.Array info =
                assertInstanceOf(RespReply.Array.class, reply("COMMAND INFO get nonesuch"));
        assertEquals(new RespReply.NullArray(), info.elements().get(1));
        assertEquals(10, ((RespReply.Array) info.elements().get(0)).elements().size());
    }

    @Test
    void partsOfValuesAreCutHere() {
        Outcome value = new Outcome.Value(Bytes.utf8("hello"));
        assertEquals(RespReply.bulk("ell"), answer("GETRANGE k 1 3", value));
        assertEquals(RespReply.bulk("lo"), answer("GETRANGE k -2 -1", value));
        assertEquals(RespReply.bulk("hello"), answer("SUBSTR k 0 100", value));
        assertEquals(RespReply.bulk(""), answer("GETRANGE k 3 1", value));
        assertEquals(RespReply.bulk(""), answer("GETRANGE k 0 -1", new Outcome.Nil()));
    }

    @Test
    void expiryIsToldInTheUnitThatWasAskedFor() {
        assertEquals(new RespReply.Int(2), answer("TTL k", new Outcome.Int(1500)));
        assertEquals(new RespReply.Int(1500), answer("PTTL k", new Outcome.Int(1500)));
        assertEquals(new RespReply.Int(-2), answer("TTL k", new Outcome.Int(-2)));
        assertEquals(
                new Command.Expire(k(), new Expiry(Expiry.Kind.AFTER, 5000)),
                part("EXPIRE k 5").command());
        assertError(
                "ERR the options NX, XX, GT and LT of EXPIRE are not supported", "EXPIRE k 5 NX");
    }

    @Test
    void patternsMatchAsInRedis() {
        assertTrue(new GlobPattern("*").matches(""));
        assertTrue(new GlobPattern("max*").matches("maxmemory"));
        assertTrue(new GlobPattern("a?c[x-z]").matches("abcy"));
        assertTrue(new GlobPattern("[^a]b").matches("cb"));
        assertTrue(!new GlobPattern("[^a]b").matches("ab"));
        assertTrue(new GlobPattern("\\*").matches("*"));
        assertTrue(!new GlobPattern("a*b").matches("abc"));
    }

    private static Bytes k() {
        return Bytes.utf8("k");
    }

    private static Bytes v() {
        return Bytes.utf8("v");
    }

    private static List<Bytes> words(String line) {
        return InlineWords.split(Bytes.utf8(line)).orElseThrow();
    }

    private RespAction action(String line) {
        return commands.interpret(words(line), connection, SHARDS);
    }

    private RespReply reply(String line) {
        return assertInstanceOf(RespAction.Reply.class, action(line)).reply();
    }

    private RespAction.Ask ask(String line) {
        return action(line) instanceof RespAction.AskEach each
                ? each.ask()
                : assertInstanceOf(RespAction.Ask.class, action(line));
    }

    private RespAction.Part part(String line) {
        assertEquals(1, ask(line).parts().size());
        return ask(line).parts().get(0);
    }

    private Command put(String line) {
        return part(line).command();
    }

    /** The reply when every part has the same outcome. */
    private RespReply answer(String line, Outcome outcome) {
        RespAction.Ask ask = ask(line);
        List<Outcome> outcomes = new ArrayList<>();
        ask.parts().forEach(part -> outcomes.add(outcome));
        return ask.merge().merge(outcomes);
    }

    private void assertError(String text, String line) {
        assertEquals(new RespReply.Failure(text), reply(line));
    }

    private void assertCode(String code, Outcome outcome) {
        RespReply.Failure error =
                assertInstanceOf(RespReply.Failure.class, answer("SET k v", outcome));
        assertEquals(code, error.text().split(" ", 2)[0]);
    }
}
