using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Unit.Consensus;

public sealed class MembershipTests
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(4, 1, 3)]
    [InlineData(5, 1, 4)]
    [InlineData(6, 1, 4)]
    [InlineData(7, 2, 5)]
    [InlineData(8, 2, 6)]
    [InlineData(10, 3, 7)]
    [InlineData(31, 10, 21)]
    public void Quorum_OfNAndF_IsTheSmallestSafeOne(int n, int f, int quorum) => Assert.Equal(quorum, new Membership(n, f).Quorum);

    [Fact]
    public void Quorum_EveryNAndF_OverlapsInAnHonestReplicaAndIsReachable()
    {
        for (var n = 1; n <= Membership.MaxReplicas; n++)
        {
            for (var f = 0; (3 * f) + 1 <= n; f++)
            {
                var membership = new Membership(n, f);
                Assert.True((2 * membership.Quorum) - n >= f + 1, $"n={n} f={f}: two quorums may share only liars");
                Assert.True((2 * (membership.Quorum - 1)) - n < f + 1, $"n={n} f={f}: a smaller quorum would do");
                Assert.True(membership.Quorum <= membership.Reachable, $"n={n} f={f}: the honest ones are no quorum");
            }
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(0, 0)]
    [InlineData(6, 2)]
    [InlineData(4, -1)]
    [InlineData(65, 1)]
    public void Membership_TooSmall_NamesNAndF(int n, int f)
    {
        var error = Assert.Throws<QuorateException>(() => new Membership(n, f));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains($"n = {n}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"f = {f}", error.Message, StringComparison.Ordinal);
    }
}
