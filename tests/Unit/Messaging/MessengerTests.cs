using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Unit.Messaging;

public sealed class MessengerTests
{
    private static readonly MessagingOptions Small = new()
    {
        FirstRetry = 100, MaxRetry = 1_000, JitterPercent = 0, MaxAttempts = 3, OutboxMessages = 4, Window = 8, InFlight = 8, HeldPerSender = 3, GapTimeout = 1_000, ConversationsPerSender = 2,
    };

    [Fact]
    public void Send_Unacknowledged_IsRepeatedWithDoublingPausesThenDead()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(Draft(), 0);
        var attempts = new List<long>();
        for (var now = 0L; now < 2_000; now += 10)
        {
            ann.Tick(now);
            attempts.AddRange(Transmitted(ann).Select(_ => now));
        }

        Assert.Equal([0, 100, 300], attempts);
        var dead = Assert.Single(ann.DeadLetters);
        Assert.Equal((DeadReasons.Attempts, "c/ann/bob/1", 0), (dead.Reason, dead.Message.Token, ann.OpenCount));
    }

    [Fact]
    public void Send_PastItsDeadline_IsDeadWithThatReason()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(Draft() with { Deadline = 50 }, 0);
        ann.Tick(50);
        Assert.Equal(DeadReasons.Deadline, Assert.Single(ann.DeadLetters).Reason);
    }

    [Fact]
    public void DeadLetter_Redriven_GoesOutUnderItsNumberWithAFreshDeadline()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(Draft() with { Deadline = 50 }, 0);
        ann.Tick(50);
        Transmitted(ann);
        var again = ann.Redrive(new MessageKey("bob", "c", 1), 1_000);
        Assert.Equal((1UL, 1_000 + Small.Lifetime), (again.Sequence, again.Deadline));
        Assert.Equal(again, Assert.Single(Transmitted(ann)));
        Assert.Empty(ann.DeadLetters);
        ann.Receive("bob", new Receipt("c", 1, Verdict.Accepted), 1_001);
        Assert.Equal(0, ann.OutboxCount);
        Assert.Equal("dead_letter_unknown", Assert.Throws<QuorateException>(() => ann.Redrive(new MessageKey("bob", "c", 1), 0)).Code);
    }

    [Fact]
    public void DeadLetter_ThatWasSkipped_GoesOutUnderANewNumber()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(Draft(), 0);
        ann.Receive("bob", new Receipt("c", 1, Verdict.Skipped), 1);
        Assert.Equal("skipped", Assert.Single(ann.DeadLetters).Reason);
        Assert.Equal(2UL, ann.Redrive(new MessageKey("bob", "c", 1), 2).Sequence);
    }

    [Fact]
    public void Outbox_Full_RefusesAllOfACallAndKeepsTheRest()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send([Draft(), Draft(), Draft()], 0);
        var toCid = Draft() with { To = ["cid"] };
        var refused = Assert.Throws<QuorateException>(() => ann.Send([toCid, toCid], 0));
        Assert.Equal(("outbox_full", ErrorKind.Missing, 3), (refused.Code, refused.Kind, ann.OutboxCount));
        Assert.Equal(1UL, ann.Send(toCid, 0)[0].Sequence);
    }

    [Fact]
    public void Outbox_FullOfOneGoneReceiver_LeavesRoomForTheOthers()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send([Draft(), Draft(), Draft()], 0);
        var refused = Assert.Throws<QuorateException>(() => ann.Send(Draft(), 0));
        Assert.Contains("'bob'", refused.Message, StringComparison.Ordinal);
        ann.Send(Draft() with { To = ["cid"] }, 0);
        ann.Receive("bob", new Receipt("c", 1, Verdict.Accepted), 1);
        Assert.Equal(4UL, ann.Send(Draft(), 1)[0].Sequence);
    }

    [Fact]
    public void DeadLetter_RestoredThenAcknowledged_IsSettled()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Restore(new MessengerState { Dead = [new DeadLetter(Message(1), DeadReasons.Attempts)] }, 0);
        ann.Receive("bob", new Receipt("c", 1, Verdict.Accepted), 1);
        Assert.Equal((0, 0), (ann.OutboxCount, ann.DeadLetters.Count()));
    }

    [Fact]
    public void Link_Down_CountsNoAttempts_AndResumeSendsEverythingAgain()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(Draft(), 0);
        Transmitted(ann);
        ann.Tick(100_000, isLinkUp: false);
        Assert.Empty(Transmitted(ann));
        ann.Resume(100_000);
        ann.Tick(100_000);
        Assert.Single(Transmitted(ann));
        Assert.Empty(ann.DeadLetters);
    }

    [Theory]
    [InlineData("", Ordering.Strict, "message_invalid")]
    [InlineData("c", (Ordering)9, "ordering_unknown")]
    [InlineData("a\nb", Ordering.Strict, "message_invalid")]
    public void Send_WrongConversationOrOrdering_IsRefused(string conversation, Ordering ordering, string code) =>
        Assert.Equal(code, Assert.Throws<QuorateException>(() => new Messenger("ann", Small, 1).Send(new MessageDraft(conversation, ["bob"], default, ordering), 0)).Code);

    [Fact]
    public void Orderings_ByName_AreKnownOrRefused()
    {
        foreach (var ordering in Enum.GetValues<Ordering>())
        {
            Assert.Equal(ordering, OrderingNames.Parse(OrderingNames.Of(ordering)));
        }

        Assert.Equal("ordering_unknown", Assert.Throws<QuorateException>(() => OrderingNames.Parse("fifo")).Code);
    }

    [Fact]
    public void Send_CausalToOtherMembers_IsRefused()
    {
        var ann = new Messenger("ann", Small, 1);
        ann.Send(new MessageDraft("c", ["bob", "cid"], default, Ordering.Causal), 0);
        Assert.Equal("conversation_members", Assert.Throws<QuorateException>(() => ann.Send(new MessageDraft("c", ["bob"], default, Ordering.Causal), 0)).Code);
    }

    [Fact]
    public void Strict_OutOfOrder_IsHeldBackAndCopiesAreAcknowledgedAgain()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(2), 0);
        Assert.Empty(Handle(bob));
        bob.Receive("ann", Message(1), 0);
        Assert.Equal([1, 2], Handle(bob));
        Assert.Equal([Verdict.Accepted, Verdict.Accepted], Receipts(bob));
        bob.Receive("ann", Message(1), 0);
        Assert.Empty(Handle(bob));
        Assert.Equal([Verdict.Accepted], Receipts(bob));
        Assert.Equal(1, bob.Counters.Duplicates);
    }

    [Fact]
    public void Message_OldNumberWithAnotherContent_IsARecordedViolation()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(1), 0);
        Handle(bob);
        Receipts(bob);
        bob.Receive("ann", Message(1) with { Payload = "other"u8.ToArray() }, 5);
        Assert.Empty(Handle(bob));
        Assert.Equal([Verdict.SequenceRegression], Receipts(bob));
        Assert.Equal(("sequence_regression", "ann", 1UL), Assert.Single(bob.Changes.Records) is var r ? (r.KindName, r.Sender, r.First) : default);
    }

    [Fact]
    public void HoldBack_Full_RefusesTheNewestUnacknowledged_AndOtherSendersAreNotHeldUp()
    {
        var bob = new Messenger("bob", Small, 1);
        for (var sequence = 2UL; sequence <= 6; sequence++)
        {
            bob.Receive("ann", Message(sequence), 0);
        }

        Assert.Equal((3, 2L), (bob.HeldCount, bob.Counters.Overflows));
        Assert.Empty(Receipts(bob));
        bob.Receive("cid", Message(1) with { Sender = "cid" }, 0);
        Assert.Equal([1], Handle(bob));
        bob.Receive("ann", Message(1), 0);
        Assert.Equal([1, 2, 3, 4], Handle(bob));
    }

    [Fact]
    public void Gap_ThatNeverFills_IsSkippedByPolicyAndTheLateOneRefused()
    {
        var bob = new Messenger("bob", Small with { GapPolicy = _ => GapPolicy.Skip }, 1);
        bob.Receive("ann", Message(3), 0);
        bob.Tick(999);
        Assert.Empty(Handle(bob));
        bob.Tick(1_200);
        Assert.Equal([3], Handle(bob));
        Assert.Equal(("gap_skipped", 1UL, 2UL), Assert.Single(bob.Changes.Records) is var r ? (r.KindName, r.First, r.Last) : default);
        Receipts(bob);
        bob.Receive("ann", Message(1), 1_300);
        Assert.Empty(Handle(bob));
        Assert.Equal([Verdict.Skipped], Receipts(bob));
    }

    [Fact]
    public void Gap_ThatNeverFills_FailsByPolicyForItsSenderAlone()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(2), 0);
        bob.Tick(1_200);
        Assert.Equal([Verdict.GapFailed], Receipts(bob));
        Assert.Equal(RecordKind.GapFailed, Assert.Single(bob.Changes.Records).Kind);
        bob.Receive("ann", Message(1), 1_300);
        Assert.Empty(Handle(bob));
        Assert.Equal([Verdict.GapFailed], Receipts(bob));
        bob.Receive("cid", Message(1) with { Sender = "cid" }, 1_300);
        Assert.Equal([1], Handle(bob));
    }

    [Fact]
    public void Causal_MessageWithheldByAThird_EndsNobodysPart()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(1) with { Ordering = Ordering.Causal, After = [new MessageMark("eve", 5)] }, 0);
        bob.Tick(1_200);
        Assert.Equal([1], Handle(bob));
        Assert.Equal((RecordKind.GapSkipped, "ann"), Assert.Single(bob.Changes.Records) is var r ? (r.Kind, r.Sender) : default);
        bob.Receive("ann", Message(2) with { Ordering = Ordering.Causal }, 1_300);
        Assert.Equal([2], Handle(bob));
    }

    [Fact]
    public void Partial_NamedMessageNeverComes_OnlyWhatNamesItIsRefused()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(1) with { Ordering = Ordering.Partial, After = [new MessageMark("eve", 5)] }, 0);
        bob.Receive("ann", Message(2) with { Ordering = Ordering.Partial, After = [new MessageMark("ann", 1)] }, 0);
        bob.Receive("ann", Message(3) with { Ordering = Ordering.Partial }, 0);
        Assert.Equal([3], Handle(bob));
        bob.Tick(1_200);
        Assert.Equal([2], Handle(bob));
        Assert.Equal([Verdict.Accepted, Verdict.GapFailed, Verdict.Accepted], Receipts(bob));
        bob.Receive("ann", Message(1) with { Ordering = Ordering.Partial }, 1_300);
        Assert.Equal([Verdict.Skipped], Receipts(bob));
    }

    [Fact]
    public void Gaps_SkippedForEver_NeverEndAChannel()
    {
        var bob = new Messenger("bob", Small with { GapPolicy = _ => GapPolicy.Skip }, 1);
        var now = 0L;
        for (ulong sequence = 8; sequence <= 400; sequence += 8)
        {
            bob.Receive("ann", Message(sequence), now);
            bob.Tick(now += 1_200);
            Assert.Equal([(int)sequence], Handle(bob));
        }

        Receipts(bob);
        bob.Receive("ann", Message(1), now);
        bob.Receive("ann", Message(400), now);
        Assert.Equal([Verdict.Skipped, Verdict.Accepted], Receipts(bob));
    }

    [Fact]
    public void Message_InAnotherNameOrForAnother_IsDropped()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("mallory", Message(1), 0);
        bob.Receive("ann", Message(1) with { Receiver = "cid" }, 0);
        Assert.Empty(Handle(bob));
        Assert.Equal(2, bob.Counters.Forged);
        bob.Receive("ann", Message(1) with { Ordering = (Ordering)7 }, 0);
        bob.Receive("ann", Message(1) with { Conversation = "" }, 0);
        Assert.Equal([Verdict.Malformed, Verdict.Malformed], Receipts(bob));
    }

    [Fact]
    public void Conversations_TooMany_AreRefusedUntilOneIsForgotten()
    {
        var bob = new Messenger("bob", Small, 1);
        foreach (var conversation in new[] { "c1", "c2", "c3" })
        {
            bob.Receive("ann", Message(1) with { Conversation = conversation }, 0);
        }

        Assert.Equal([1, 1], Handle(bob));
        Assert.Equal(1, bob.Counters.Overflows);
        bob.Forget("c1");
        bob.Receive("ann", Message(1) with { Conversation = "c3" }, 0);
        Assert.Equal([1], Handle(bob));
    }

    [Fact]
    public void Handler_Failing_LeavesTheMessageUnacknowledgedAndItsFollowersWaiting()
    {
        var bob = new Messenger("bob", Small, 1);
        bob.Receive("ann", Message(2), 0);
        bob.Receive("ann", Message(1), 0);
        Assert.True(bob.TryNext(out var first));
        bob.Complete(first, handled: false, null, 0);
        Assert.Empty(Handle(bob));
        Assert.Empty(Receipts(bob));
        bob.Receive("ann", Message(1), 100);
        Assert.Equal([1, 2], Handle(bob));
    }

    [Fact]
    public void Options_OutOfRange_AreNamed() =>
        Assert.Contains("InFlight is 9; 1 to 8", Assert.Throws<QuorateException>(() => new Messenger("ann", Small with { InFlight = 9 }, 1)).Message, StringComparison.Ordinal);

    private static MessageDraft Draft() => new("c", ["bob"], "x"u8.ToArray());

    private static AgentMessage Message(ulong sequence) =>
        new() { Sender = "ann", Receiver = "bob", Conversation = "c", Sequence = sequence, Ordering = Ordering.Strict, Payload = new[] { (byte)sequence }, Deadline = 1_000_000 };

    private static List<AgentMessage> Transmitted(Messenger messenger)
    {
        List<AgentMessage> transmitted = [.. messenger.Changes.Transmissions];
        messenger.Changes.ClearOutputs();
        return transmitted;
    }

    private static List<Verdict> Receipts(Messenger messenger)
    {
        List<Verdict> receipts = [.. messenger.Changes.Receipts.Select(r => r.Receipt.Verdict)];
        messenger.Changes.ClearOutputs();
        return receipts;
    }

    private static List<int> Handle(Messenger messenger)
    {
        var handled = new List<int>();
        while (messenger.TryNext(out var message))
        {
            handled.Add((int)message.Sequence);
            messenger.Complete(message, handled: true, null, 0);
        }

        return handled;
    }
}
