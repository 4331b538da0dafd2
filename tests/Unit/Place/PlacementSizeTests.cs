using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Unit.Place;

public class PlacementSizeTests
{
    private static readonly ClusterSpec Cluster = Clusters.Of([.. Enumerable.Range(0, 4).Select(i => Clusters.Pool(Long($"p{i}"), "general", ClusterSpec.MaxNodes / 4, 64, 0))]);
    private static readonly PlacementState Fresh = new(Cluster, Records.Run);

    [Theory]
    [InlineData(64, 1, 30)]
    [InlineData(64, 1024, 3)]
    [InlineData(1, 1024, 1)]
    public void Record_OfTheLongestNames_HoldsWhatCanBeRead(int proposals, int nodes, int least)
    {
        var record = Records.After(Fresh, [.. Enumerable.Range(0, proposals).Select(i => Largest($"j{i}", nodes))]) with
        {
            Releases = [.. Enumerable.Range(0, PlacementRecord.MaxReleases).Select(i => Long($"r{i}"))],
            Changes = [.. Cluster.Agents.Select(a => new MembershipChange(a.Name, MembershipChanges.Quarantine, "proven in round 1000000: malformed_ballot"))],
            Quarantined = [.. Cluster.Agents.Select(a => a.Name)],
        };
        var fitted = PlacementSize.Fit(record);

        Assert.InRange(fitted.Proposals.Count, least, proposals);
        Assert.Equal(record.Releases, fitted.Releases);
        Assert.Equal(record.Proposals.Take(fitted.Proposals.Count), fitted.Proposals);
        Assert.NotNull(PlacementRecord.TryParse(fitted.ToBytes()));
        Assert.All(record.Proposals, p => Assert.InRange(Bytes(p), 1, PlacementSize.Of(p)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void State_OfAsManyJobsAsThereIsRoomFor_CanBeSaved(int nodes)
    {
        var state = new PlacementState(Cluster, Records.Run);
        var jobs = 0;
        while (PlacementSize.HasRoom(state.Cluster))
        {
            // A round's worth.
            for (var i = 0; i < PlacementRecord.MaxProposals; i++, jobs++)
            {
                var first = jobs * nodes % ((ClusterSpec.MaxNodes / 4) - nodes);
                state.Cluster.Allocate(Long($"j{jobs}"), new Placement(jobs % 4, [.. Enumerable.Range(first, nodes)], default), TimeSpan.FromSeconds(JobSpec.MaxWalltime * 100.0));
            }
        }

        var saved = state.Snapshot();
        Assert.InRange(saved.Length, ConsensusLimits.StateBytes / 2, ConsensusLimits.StateBytes);
        Assert.True(new PlacementState(Cluster, Records.Run).Restore(saved));
    }

    private static string Long(string name) => name.PadRight(JobSpec.MaxName, 'x');

    private static int Bytes(Proposal proposal) => Records.After(Fresh, proposal).ToBytes().Length - Records.After(Fresh).ToBytes().Length;

    private static Proposal Largest(string name, int nodes) => new()
    {
        Job = Long(name),
        Needs = new ProposedNeeds(Resources.Most, Resources.Most, Resources.Most, Resources.Most),
        Priority = -JobSpec.MaxPriority,
        WalltimeS = JobSpec.MaxWalltime,
        Agent = Cluster.Agents[3].Name,
        Nodes = [.. Enumerable.Range((ClusterSpec.MaxNodes / 4) - nodes, nodes)],
        After = [.. Cluster.Agents.Select(a => a.Name)],
        Basis = "auction " + new string('0', 64),
    };
}
