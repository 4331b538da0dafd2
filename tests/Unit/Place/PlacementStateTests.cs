using System.Text;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Unit.Place;

public sealed class PlacementStateTests : IDisposable
{
    private readonly MemberContexts _contexts = Records.Contexts();
    private readonly PlacementState _state = new(Records.Cluster, Records.Run);

    public void Dispose() => _contexts.Dispose();

    [Fact]
    public void Apply_WhatTheVotesAccept_HoldsItsNodesAndMovesTheChain()
    {
        var before = _state.Chain;
        Assert.Equal("10", Apply(Records.After(_state, Records.Proposal("j", "a", [0]), Records.Proposal("k", "a", [1])), [true, false]));

        Assert.Equal(1, _state.Last.Round);
        Assert.Equal([true, false], _state.Last.Placed);
        Assert.Equal(4, _state.Cluster.Find("j")!.Placement.Share.CpuCores);
        Assert.Null(_state.Cluster.Find("k"));
        Assert.NotEqual(before, _state.Chain);

        Assert.Equal("", Apply(Records.After(_state) with { Releases = ["j", "nobody"] }));
        Assert.Empty(_state.Cluster.Running);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("run")]
    [InlineData("again")]
    [InlineData("no record")]
    [InlineData("outcome too short")]
    [InlineData("outcome of no digits")]
    public void Apply_StaleOrForeignRecord_ChangesNothing(string what)
    {
        var first = Records.Decided(_contexts, Records.After(_state, Records.Proposal("i", "b", [0])));
        _state.Apply(1, first);
        var (chain, snapshot) = (_state.Chain, _state.Snapshot());
        var next = Records.After(_state, Records.Proposal("j", "a", [0]));
        var request = Records.Ask(_contexts, next);
        var item = what switch
        {
            "state" => Records.Decided(_contexts, next with { State = new string('0', 64) }),
            "run" => Records.Decided(_contexts, next with { Run = "other" }),
            "again" => first,
            "no record" => new(new(4, 1, RequestKind.Question, [1, 2, 3], []), [], "1/"u8.ToArray()),
            "outcome too short" => new(request, [], "/"u8.ToArray()),
            _ => new(request, [], "x/"u8.ToArray()),
        };

        Assert.Equal("stale", Encoding.ASCII.GetString(_state.Apply(2, item)));
        Assert.Equal((chain, 1, 0), (_state.Chain, _state.Round, _state.Last.Round));
        Assert.Equal(snapshot, _state.Snapshot());
    }

    [Fact]
    public void Apply_RandomRecordsAllAccepted_NeverOverCommits()
    {
        var random = new Random(3);
        var (held, refused) = (0, 0);
        for (var round = 0; round < 300; round++)
        {
            var proposals = Enumerable.Range(0, random.Next(1, 5)).Select(i => Records.Proposal(
                $"j{random.Next(60)}.{i}", Records.Cluster.Agents[random.Next(4)].Name, [.. Enumerable.Range(0, 4).Where(_ => random.Next(2) == 0).DefaultIfEmpty(random.Next(4))], random.Next(1, 13), random.Next(0, 20_000)));
            var record = Records.After(_state, [.. proposals]) with
            {
                Releases = [.. _state.Cluster.Running.Where(_ => random.Next(3) == 0).Select(a => a.Job)],
                Changes = random.Next(4) == 0 ? [new(Records.Cluster.Agents[random.Next(4)].Name, MembershipChanges.All[random.Next(4)], "r")] : [],
            };
            var placed = Apply(record);
            (held, refused) = (held + placed.Count(c => c == '1'), refused + placed.Count(c => c == '0'));
            foreach (var pool in Enumerable.Range(0, 4))
            {
                var used = _state.Cluster.Running.Where(a => a.Placement.Pool == pool).SelectMany(a => a.Placement.Nodes.Select(n => (Node: n, a.Placement.Share))).GroupBy(u => u.Node, u => u.Share);
                Assert.All(used, node => Assert.True(node.Aggregate((x, y) => x + y).Fits(Records.Cluster.Agents[pool].Node.Has()), $"round {round}, pool {pool}, node {node.Key}"));
            }

            Assert.DoesNotContain(_state.Cluster.Running, a => _state.Withdrawn.Contains(Records.Cluster.Agents[a.Placement.Pool].Name));
        }

        Assert.True(held > 50 && refused > 50, $"{held} held, {refused} refused");
    }

    [Fact]
    public void Changes_Withdraw_ClosesThePoolAndQuarantineDoesNot()
    {
        Apply(Records.After(_state, Records.Proposal("j", "a", [0]), Records.Proposal("k", "b", [0])));
        Apply(Records.After(_state) with { Changes = [new("a", MembershipChanges.Withdraw, "r"), new("b", MembershipChanges.Quarantine, "r"), new("c", MembershipChanges.Withdraw, "r")] }, [], [true, true, false]);

        Assert.Equal(["j"], _state.Last.Lost);
        Assert.Equal("a", Assert.Single(_state.Withdrawn));
        Assert.Equal("b", Assert.Single(_state.Quarantined));
        Assert.NotNull(_state.Cluster.Find("k"));
        Assert.Equal("01", Apply(Records.After(_state, Records.Proposal("l", "a", [0]), Records.Proposal("m", "b", [1]))));

        Apply(Records.After(_state) with { Changes = [new("a", MembershipChanges.Restore, "r"), new("b", MembershipChanges.Readmit, "r")] });
        Assert.Equal("11", Apply(Records.After(_state, Records.Proposal("l", "a", [0]), Records.Proposal("n", "b", [2]))));
    }

    [Fact]
    public void Quarantined_WhateverItSaysOfItsPool_HoldsWhatTheClusterSays()
    {
        Apply(Records.After(_state, Records.Proposal("j", "b", [0], 6)) with { Changes = [new("b", MembershipChanges.Quarantine, "r")] });
        // A ballot's word on free resources decides nothing: the votes accept, the nodes have no room.
        Assert.Equal("010", Apply(Records.After(_state, Records.Proposal("k", "b", [0], 4), Records.Proposal("l", "b", [0], 2), Records.Proposal("m", "b", [0], 1))));
        Assert.Equal(8, _state.Cluster.UsedIn(1).CpuCores);
        Assert.Equal(24, _state.Cluster.Pools[1].Free.CpuCores);
    }

    [Fact]
    public void Nodes_TakenFromUse_TakeNoJobsUntilTheyAreBack()
    {
        Apply(Records.After(_state, Records.Proposal("j", "a", [0])));
        Apply(Records.After(_state) with { Nodes = [new("a", 0, "n1", IsUp: false), new("a", 3, "n4", IsUp: false)] });

        Assert.Equal(2, _state.Cluster.Pools[0].NodesUp);
        Assert.NotNull(_state.Cluster.Find("j"));
        Assert.Equal("001", Apply(Records.After(_state, Records.Proposal("k", "a", [0]), Records.Proposal("l", "a", [3]), Records.Proposal("m", "a", [1]))));

        var other = new PlacementState(Records.Cluster, Records.Run);
        Assert.True(other.Restore(_state.Snapshot()));
        Assert.Equal(_state.Cluster.NodesOut(), other.Cluster.NodesOut());
        Assert.Equal(_state.Cluster.Nodes.Free, other.Cluster.Nodes.Free);

        Apply(Records.After(_state) with { Releases = ["j"], Nodes = [new("a", 0, "n1", IsUp: true)] });
        Assert.Equal("1", Apply(Records.After(_state, Records.Proposal("k", "a", [0], 8))));
        Assert.Equal(3, _state.Cluster.Pools[0].NodesUp);
    }

    [Fact]
    public void Snapshot_Restored_IsTheSameStateAndGoesOnTheSame()
    {
        Apply(Records.After(_state, Records.Proposal("j", "a", [0, 1]), Records.Proposal("k", "b", [0]), Records.Proposal("l", "c", [3])));
        Apply(Records.After(_state) with { Releases = ["j"], Changes = [new("b", MembershipChanges.Quarantine, "r"), new("d", MembershipChanges.Withdraw, "r")] });
        var other = new PlacementState(Records.Cluster, Records.Run);

        Assert.True(other.Restore(_state.Snapshot()));
        Assert.Equal(_state.Snapshot(), other.Snapshot());
        Assert.Equal((_state.Chain, _state.Round), (other.Chain, other.Round));
        Assert.Equal(_state.Quarantined, other.Quarantined);
        Assert.Equal(_state.Withdrawn, other.Withdrawn);
        var next = Records.Decided(_contexts, Records.After(_state, Records.Proposal("n", "a", [0], 8), Records.Proposal("o", "c", [3], 8), Records.Proposal("p", "b", [1]), Records.Proposal("q", "d", [1])));
        Assert.Equal("1010", Encoding.ASCII.GetString(other.Apply(3, next)));
        Assert.Equal("1010", Encoding.ASCII.GetString(_state.Apply(3, next)));
        Assert.Equal((_state.Chain, _state.Cluster.Nodes.Free), (other.Chain, other.Cluster.Nodes.Free));
    }

    [Theory]
    [InlineData("""{"chain":""", """{"chain":5,"x":""")]
    [InlineData("""{"chain":""", """{"chains":""")]
    [InlineData("\"pool\":1", "\"pool\":4")]
    [InlineData("\"pool\":1", "\"pool\":-1")]
    [InlineData("\"nodes\":[0]", "\"nodes\":[4]")]
    [InlineData("\"nodes\":[0]", "\"nodes\":null")]
    [InlineData("\"cpu_cores\":4", "\"cpu_cores\":9")]
    [InlineData("\"jobs\":[", "\"jobs\":[null,")]
    [InlineData("\"withdrawn\":[]", "\"withdrawn\":[\"nobody\"]")]
    [InlineData("\"withdrawn\":[]", "\"withdrawn\":[null]")]
    [InlineData("\"out\":[]", "\"out\":null")]
    [InlineData("\"out\":[]", "\"out\":[{\"pool\":4,\"node\":0}]")]
    [InlineData("\"out\":[]", "\"out\":[{\"pool\":0,\"node\":-1}]")]
    public void Snapshot_Damaged_IsRefusedAndChangesNothing(string part, string instead)
    {
        Apply(Records.After(_state, Records.Proposal("k", "b", [0])));
        var good = _state.Snapshot();
        var text = Encoding.UTF8.GetString(good);
        Assert.Contains(part, text, StringComparison.Ordinal);

        Assert.False(_state.Restore(Encoding.UTF8.GetBytes(text.Replace(part, instead, StringComparison.Ordinal))));
        Assert.Equal(good, _state.Snapshot());
    }

    private string Apply(PlacementRecord record, bool[]? proposals = null, bool[]? changes = null) =>
        Encoding.ASCII.GetString(_state.Apply((ulong)record.Round, Records.Decided(_contexts, record, proposals, changes)));
}
