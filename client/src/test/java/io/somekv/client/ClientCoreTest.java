package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The core, driven by hand: what leaves it, and when. */
class ClientCoreTest {
    private static final Command PUT = Command.Put.of(Bytes.utf8("k"), Bytes.utf8("v"));
    private static final Command GET = new Command.Get(Bytes.utf8("k"));
    private static final long LOG_TIME = 1_000_000;

    private final ClientSettings settings =
            new ClientSettings(60_000, 3_000, 1_000, 10, 100, 4, 100);
    private final ClientCore core =
            new ClientCore(Maps.addresses(2), settings, new SplittableRandom(1));
    private final List<ClientEffect> seen = new ArrayList<>();

    /** Where the last call went. */
    private int lastEndpoint;

    @Test
    void registersOnceAndThenSendsWhatWaited() {
        core.onConnected(0, 0);
        core.request(1, PUT, 0);
        core.request(2, PUT, 0);
        Frame.Call registration = onlyCall();
        assertEquals(GroupSpec.MASTER, registration.groupId());
        assertInstanceOf(Command.RegisterClient.class, registration.request().command());
        reply(registration, new Outcome.Registered(new ClientId(3, 4)), 5);
        List<Frame.Call> puts = calls();
        assertEquals(List.of(1L, 2L), puts.stream().map(c -> stamp(c).sequence()).toList());
        assertEquals(LOG_TIME + 60_000, stamp(puts.get(0)).deadlineMillis());
        assertEquals(Frame.ANY_GROUP, puts.get(0).groupId());
    }

    @Test
    void aRetryKeepsSequenceAndDeadlineAndGoesToTheOtherNode() {
        register();
        core.onConnected(1, 0);
        core.request(1, PUT, 10);
        Frame.Call first = onlyCall();
        runUntilSend();
        Frame.Call second = onlyCall();
        assertEquals(stamp(first), stamp(second));
        assertEquals(first.token(), second.token());
        assertEquals(1, lastEndpoint);
    }

    @Test
    void everyAnswerThatIsNoResultIsTriedAgainWithTheSameStamp() {
        register();
        core.request(1, PUT, 10);
        Frame.Call call = onlyCall();
        RequestStamp stamp = stamp(call);
        long now = 10;
        for (Outcome outcome :
                List.of(
                        new Outcome.NotLeader(2),
                        new Outcome.Busy(50),
                        new Outcome.WrongGroup(7),
                        new Outcome.Unknown("connection lost"),
                        new Outcome.DeadlineNeeded(LOG_TIME + 5))) {
            reply(call, outcome, now);
            long wake = core.nextWakeUpMillis();
            assertTrue(wake > now && wake <= now + 100, "after a pause");
            now = wake;
            core.onTime(now);
            call = onlyCall();
            assertEquals(stamp, stamp(call));
        }
        reply(call, new Outcome.Ok(), now);
        assertEquals(List.of(new ClientEffect.Completed(1, new Outcome.Ok())), completed());
    }

    @Test
    void lateAndDuplicateRepliesAreIgnored() {
        register();
        core.request(1, PUT, 10);
        Frame.Call call = onlyCall();
        reply(call, new Outcome.Ok(), 20);
        reply(call, new Outcome.Ok(), 21);
        reply(call, new Outcome.Unknown("late"), 22);
        assertEquals(List.of(new ClientEffect.Completed(1, new Outcome.Ok())), completed());
        core.request(2, PUT, 30);
        assertEquals(3, stamp(onlyCall()).floor());
    }

    @Test
    void aReplyToAnEarlierCopyIsAsGood() {
        register();
        core.request(1, PUT, 10);
        Frame.Call first = onlyCall();
        runUntilSend();
        reply(first, new Outcome.Ok(), 1_500);
        assertEquals(List.of(new ClientEffect.Completed(1, new Outcome.Ok())), completed());
        assertEquals(Long.MAX_VALUE, core.nextWakeUpMillis());
    }

    /** It lasts: whoever asks is told at once, unless an earlier copy may have been executed. */
    @Test
    void aDiskThatIsNearlyFullEndsAWriteAtOnceUnlessItMayHaveBeenExecuted() {
        register();
        Outcome full = new Outcome.DiskNearlyFull(2, 5);
        core.request(1, PUT, 10);
        reply(onlyCall(), full, 10);
        assertEquals(List.of(new ClientEffect.Completed(1, full)), completed());
        core.request(2, PUT, 20);
        onlyCall();
        runUntilSend();
        reply(onlyCall(), full, 1_500);
        assertEquals(List.of(), completed());
        runToTheEnd();
        assertInstanceOf(Outcome.Unknown.class, completed().get(0).outcome());
    }

    @Test
    void aWriteThatWasSentEndsAsUnknown() {
        register();
        core.request(1, PUT, 10);
        runToTheEnd();
        ClientEffect.Completed end = completed().get(0);
        assertInstanceOf(Outcome.Unknown.class, end.outcome());
        assertTrue(calls().size() > 10, "it was tried all the time");
        core.request(2, PUT, 70_000);
        assertEquals(3, stamp(onlyCall()).floor(), "the floor is not held for ever");
    }

    @Test
    void withNoNodeInReachAReadAndAWriteEndEarlyAndSaySo() {
        core.request(1, PUT, 0);
        core.request(2, GET, 100);
        core.onTime(2_999);
        assertEquals(List.of(), unreached());
        core.onTime(3_000);
        assertEquals(List.of(1L), unreached());
        core.onTime(3_100);
        assertEquals(List.of(2L), unreached());
        assertEquals(List.of(), completed());
    }

    /** Whatever listens there takes everything and says nothing. */
    @Test
    void aPortWithoutANodeBehindItIsNoNodeInReach() {
        core.onConnected(0, 0);
        core.request(1, PUT, 0);
        core.request(2, GET, 0);
        runUntil(3_100);
        assertEquals(List.of(1L, 2L), unreached());
    }

    /** A store that elects its leaders says nothing for a while. */
    @Test
    void aNodeThatHasSaidHelloIsWaitedFor() {
        core.onConnected(0, 0);
        hello(0, 0);
        core.request(1, PUT, 0);
        core.request(2, GET, 0);
        runUntil(59_999);
        assertEquals(List.of(), unreached());
        runToTheEnd();
        assertEquals(2, completed().size());
    }

    @Test
    void aWriteThatMayHaveBeenExecutedIsNotCalledUnreachedWhenAllNodesGo() {
        register();
        hello(0, 0);
        for (int i = 1; i <= 5; i++) {
            core.request(i, PUT, 10);
        }
        assertEquals(4, calls().size());
        core.onDisconnected(0, 1_000);
        runUntil(4_100);
        assertEquals(List.of(5L), unreached(), "it waited for room in the window");
        runToTheEnd();
        List<ClientEffect.Completed> ends = completed();
        assertEquals(4, ends.size());
        ends.forEach(end -> assertInstanceOf(Outcome.Unknown.class, end.outcome()));
    }

    @Test
    void aNodeThatComesBackInTimeIsUsed() {
        register();
        hello(0, 0);
        core.onDisconnected(0, 1_000);
        core.request(1, GET, 1_000);
        core.onConnected(0, 3_500);
        assertInstanceOf(Command.Get.class, onlyCall().request().command());
        assertEquals(List.of(), unreached());
    }

    @Test
    void aDeadlineIsSetFromTheLogTimeThatAGroupShows() {
        core.onConnected(0, 0);
        core.request(1, PUT, 0);
        core.onFrame(0, new Frame.Reply(onlyCall().token(), registered(), 0), 1);
        Frame.Call without = onlyCall();
        assertEquals(0, stamp(without).deadlineMillis());
        core.onFrame(0, new Frame.Reply(without.token(), new Outcome.DeadlineNeeded(77), 0), 2);
        Frame.Call with = onlyCall();
        assertEquals(77 + 60_000, stamp(with).deadlineMillis());
        assertEquals(stamp(without).sequence(), stamp(with).sequence());
        core.onFrame(0, new Frame.Reply(with.token(), new Outcome.DeadlineNeeded(99), 0), 3);
        core.onTime(core.nextWakeUpMillis());
        assertEquals(77 + 60_000, stamp(onlyCall()).deadlineMillis(), "fixed once sent");
    }

    @Test
    void theWindowHoldsRequestsBack() {
        register();
        for (int i = 1; i <= 6; i++) {
            core.request(i, PUT, 10);
        }
        List<Frame.Call> sent = calls();
        assertEquals(4, sent.size());
        reply(sent.get(1), new Outcome.Ok(), 20);
        assertEquals(List.of(), calls(), "the floor has not moved");
        reply(sent.get(0), new Outcome.Ok(), 21);
        List<Frame.Call> more = calls();
        assertEquals(List.of(6L, 7L), more.stream().map(c -> stamp(c).sequence()).toList());
        assertEquals(4, stamp(more.get(0)).floor());
    }

    @Test
    void aLostConnectionIsNoAnswer() {
        register();
        core.onConnected(1, 5);
        core.request(1, PUT, 10);
        Frame.Call call = onlyCall();
        core.onDisconnected(0, 20);
        long wake = core.nextWakeUpMillis();
        assertTrue(wake <= 120);
        core.onTime(wake);
        assertEquals(stamp(call), stamp(onlyCall()));
        assertEquals(1, lastEndpoint);
    }

    @Test
    void aClusterThatHasNotStartedIsAskedAgain() {
        core.onConnected(0, 0);
        core.request(1, PUT, 0);
        Frame.Call registration = onlyCall();
        reply(registration, new Outcome.Refused(Outcome.Reason.NOT_STARTED, "no"), 1);
        assertEquals(List.of(), calls());
        core.onTime(core.nextWakeUpMillis());
        assertEquals(registration, onlyCall(), "with the same nonce");
    }

    /** As one on a blank disk, which is in no cluster: staying with it would be for ever. */
    @Test
    void aNodeThatKnowsNoLeaderIsNotAskedAlone() {
        register();
        core.onConnected(1, 0);
        core.request(1, PUT, 10);
        reply(onlyCall(), new Outcome.NotLeader(0), 10);
        core.onTime(core.nextWakeUpMillis());
        Frame.Call second = onlyCall();
        assertEquals(1, lastEndpoint);
        core.onFrame(1, new Frame.Reply(second.token(), new Outcome.WrongGroup(7), LOG_TIME), 90);
        core.onTime(core.nextWakeUpMillis());
        onlyCall();
        assertEquals(0, lastEndpoint);
    }

    @Test
    void norIsItForAnId() {
        core.onConnected(0, 0);
        core.onConnected(1, 0);
        core.request(1, PUT, 0);
        reply(onlyCall(), new Outcome.NotLeader(0), 1);
        core.onTime(core.nextWakeUpMillis());
        onlyCall();
        assertEquals(1, lastEndpoint);
    }

    @Test
    void moreThanTheQueueHoldsIsBusy() {
        for (int i = 0; i < 101; i++) {
            core.request(i, GET, 0);
        }
        assertInstanceOf(Outcome.Busy.class, completed().get(0).outcome());
    }

    /** The first write, sequence 1, makes it register; what follows starts at 2. */
    private void register() {
        core.onConnected(0, 0);
        core.request(0, PUT, 0);
        reply(onlyCall(), registered(), 0);
        reply(onlyCall(), new Outcome.Ok(), 0);
        completed();
    }

    private static Outcome registered() {
        return new Outcome.Registered(new ClientId(3, 4));
    }

    private void reply(Frame.Call call, Outcome outcome, long now) {
        core.onFrame(0, new Frame.Reply(call.token(), outcome, LOG_TIME), now);
    }

    private void hello(int endpoint, long now) {
        core.onFrame(endpoint, new Frame.Hello(new UUID(0, 1), 7, new UUID(0, 2), 1, 1), now);
    }

    private void runUntil(long end) {
        while (core.nextWakeUpMillis() <= end) {
            core.onTime(core.nextWakeUpMillis());
        }
    }

    /** Tokens of the requests that ended so. */
    private List<Long> unreached() {
        return taken(ClientEffect.Unreached.class).stream()
                .map(ClientEffect.Unreached::token)
                .toList();
    }

    private List<ClientEffect.Completed> completed() {
        return taken(ClientEffect.Completed.class);
    }

    private <T extends ClientEffect> List<T> taken(Class<T> kind) {
        take();
        List<T> taken = seen.stream().filter(kind::isInstance).map(kind::cast).toList();
        seen.removeAll(taken);
        return taken;
    }

    private void runUntilSend() {
        while (seen.stream().noneMatch(ClientEffect.Send.class::isInstance)) {
            core.onTime(core.nextWakeUpMillis());
            take();
        }
    }

    private void runToTheEnd() {
        while (core.nextWakeUpMillis() != Long.MAX_VALUE) {
            core.onTime(core.nextWakeUpMillis());
            take();
        }
    }

    private Frame.Call onlyCall() {
        List<Frame.Call> calls = calls();
        assertEquals(1, calls.size());
        return calls.get(0);
    }

    private List<Frame.Call> calls() {
        List<Frame.Call> calls = new ArrayList<>();
        for (ClientEffect.Send send : taken(ClientEffect.Send.class)) {
            if (send.frame() instanceof Frame.Call call) {
                lastEndpoint = send.endpoint();
                calls.add(call);
            } else {
                assertEquals(new UUID(0, 0), ((Frame.Hello) send.frame()).clusterId());
            }
        }
        return calls;
    }

    /** What the core asks for a map of the cluster is answered at once: nobody serves anything. */
    private void take() {
        List<ClientEffect> effects = core.drain();
        while (!effects.isEmpty()) {
            for (ClientEffect effect : effects) {
                if (effect instanceof ClientEffect.Send send
                        && send.frame() instanceof Frame.Call call
                        && call.request().command() instanceof Command.QueryConfig) {
                    Outcome map = new Outcome.Cluster(Maps.nobodyServes(2));
                    core.onFrame(send.endpoint(), new Frame.Reply(call.token(), map, 0), 0);
                } else {
                    seen.add(effect);
                }
            }
            effects = core.drain();
        }
    }

    private static RequestStamp stamp(Frame.Call call) {
        return call.request().stamp().orElseThrow();
    }
}
