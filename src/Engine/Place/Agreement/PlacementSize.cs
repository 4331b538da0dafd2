using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>Upper bounds of what records and states come to in bytes, so that none is made that the agents could not read or save.</summary>
internal static class PlacementSize
{
    /// <summary>More running jobs than this are counted exactly; so few fit whatever they hold.</summary>
    private const int SurelyFit = 1_000;

    // Names of fields, numbers with all their digits, and what separates them.
    private const int RecordFrame = 1_024;
    private const int ProposalFrame = 320;
    private const int ChangeFrame = 64;
    private const int JobFrame = 256;
    private const int NodeOutFrame = 48;

    /// <summary>With a comma; a pool has at most <see cref="ClusterSpec.MaxNodes"/>.</summary>
    private const int NodeDigits = 6;

    private const int Quotes = 3;

    /// <summary>Control characters and half surrogate pairs are escaped.</summary>
    private const int BytesPerCharacter = 6;

    /// <summary>The record with as many of its proposals, from the first on, as <see cref="ConsensusLimits.PayloadBytes"/> hold; one always fits.</summary>
    public static PlacementRecord Fit(PlacementRecord record)
    {
        long size = RecordFrame + Text(record.Run) + record.Quarantined.Concat(record.Releases).Sum(Text)
            + record.Changes.Sum(c => ChangeFrame + Text(c.Agent) + Text(c.Change) + (long)(c.Reason.Length * BytesPerCharacter));
        var fitting = record.Proposals.TakeWhile((p, i) => (size += Of(p)) <= ConsensusLimits.PayloadBytes || i == 0).Count();
        return fitting == record.Proposals.Count ? record : record with { Proposals = [.. record.Proposals.Take(fitting)] };
    }

    /// <summary>Whether the state can be saved within <see cref="ConsensusLimits.StateBytes"/> with one more round's jobs in it: some 30,000 to 60,000 running ones, by the length of their names and the nodes of each.</summary>
    public static bool HasRoom(ClusterState cluster)
    {
        if (cluster.Running.Count <= SurelyFit)
        {
            return true;
        }

        const long More = PlacementRecord.MaxProposals * (JobFrame + Quotes + JobSpec.MaxName + (JobSpec.MaxNodes * NodeDigits));
        return Of(cluster) + More <= ConsensusLimits.StateBytes;
    }

    internal static long Of(Proposal proposal) => ProposalFrame + Text(proposal.Job) + Text(proposal.Agent) + Text(proposal.Basis ?? "") + proposal.After.Sum(Text) + Nodes(proposal.Nodes);

    internal static long Of(ClusterState cluster) =>
        RecordFrame + cluster.Pools.Sum(p => (long)Text(p.Name) * 2) + ((long)cluster.NodesOut().Count() * NodeOutFrame)
        + cluster.Running.Sum(a => (long)JobFrame + Text(a.Job) + Nodes(a.Placement.Nodes));

    private static int Text(string name) => name.Length + Quotes;

    private static int Nodes(IReadOnlyList<int> nodes) => nodes.Count * NodeDigits;
}
