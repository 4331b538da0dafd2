using System.Buffers.Binary;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Transport.InProcess;

namespace Quorate.Tests.Unit.Transport;

public class InProcessGroupTests
{
    private static InProcessGroupOptions Options => new() { Validator = new AnyRules(), State = _ => new CounterState() };

    [Fact]
    public async Task Group_ManyRequestsAtOnce_AppliesEachOnceAndProvesIt()
    {
        var token = TestContext.Current.CancellationToken;
        await using var group = InProcessGroup.Start(Options with { Clients = 3 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 90).Select(i => group.Clients[i % 3].RequestAsync([(byte)i], cancellationToken: token)));

        Assert.Equal(Enumerable.Range(1, 90).Select(i => (ulong)i), answers.Select(a => BinaryPrimitives.ReadUInt64BigEndian(a.Result)).Order());
        Assert.All(answers, answer =>
        {
            var certificate = group.Certificate(answer.Key);
            Assert.NotNull(certificate);
            Assert.Null(certificate.Check(group.Directory));
            Assert.Equal(answer.Key, certificate.Decided()!.Request.Key);
        });
    }

    [Fact]
    public async Task Group_Question_IsAnsweredByOpinionsOfAtLeastNMinusF()
    {
        var token = TestContext.Current.CancellationToken;
        await using var group = InProcessGroup.Start(Options with
        {
            Opinion = (id, _, _) => id == 1 ? throw new InvalidOperationException("no opinion today") : ValueTask.FromResult<byte[]?>([7]),
        });
        var answer = await group.Client.RequestAsync([1], RequestKind.Question, token);

        var item = group.Certificate(answer.Key)!.Decided()!;
        Assert.Equal([0, 2, 3], item.Opinions.Select(o => o.Author));
        Assert.Equal([7], item.Outcome);
        Assert.Equal(1, group.Replicas[1].OpinionsFailed);
    }

    [Fact]
    public async Task Group_LeaderStopped_GoesOnWithTheNext()
    {
        var token = TestContext.Current.CancellationToken;
        await using var group = InProcessGroup.Start(Options);
        await group.Client.RequestAsync([1], cancellationToken: token);
        await group.Replicas[0].DisposeAsync();

        var answer = await group.Client.RequestAsync([2], cancellationToken: token);

        Assert.Equal(2UL, BinaryPrimitives.ReadUInt64BigEndian(answer.Result));
        Assert.True(group.Replicas[1].Status.View > 0);
    }

    [Fact]
    public void Group_TooFewReplicas_NamesNAndF()
    {
        var error = Assert.Throws<QuorateException>(() => InProcessGroup.Start(Options with { Replicas = 3 }));
        Assert.Contains("n = 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("f = 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_CancelledRequest_LeavesRoomForTheNext()
    {
        var token = TestContext.Current.CancellationToken;
        await using var group = InProcessGroup.Start(Options with { Consensus = new ConsensusOptions { ClientWindow = 1 } });
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => group.Client.RequestAsync([1], cancellationToken: cancelled.Token));
        await group.Client.RequestAsync([2], cancellationToken: token);
    }
}
