using Quorate.Contracts.Placing;
using Quorate.Engine.Panels;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Tests.Unit.Place;

/// <summary>Records, ballots and their signatures, for tests.</summary>
internal static class Records
{
    public const string Run = "run";

    public static readonly ClusterSpec Cluster = Clusters.Of(
        Clusters.Pool("a", "general", 4, 8, 16), Clusters.Pool("b", "general", 4, 8, 16), Clusters.Pool("c", "general", 4, 8, 16), Clusters.Pool("d", "general", 4, 8, 16) with { Model = "m" });

    public static MemberContexts Contexts() =>
        MemberContexts.Simulated("test", [.. Cluster.Agents.Select(a => a.Name)], _ => new PlacementRules(Cluster), new ConsensusOptions { Clients = 1 }, seed: 1);

    /// <summary>The next record that follows a state.</summary>
    public static PlacementRecord After(PlacementState state, params Proposal[] proposals) => new()
    {
        Kind = PlacementRecord.Form,
        Run = Run,
        Round = state.Round + 1,
        AtMs = 1000 * state.Round,
        State = state.Chain,
        Quarantined = [.. state.Quarantined],
        Releases = [],
        Changes = [],
        Proposals = proposals,
    };

    public static Proposal Proposal(string job, string agent, int[] nodes, long cores = 4, long memoryMb = 0) => new()
    {
        Job = job,
        Needs = new ProposedNeeds(cores, memoryMb, 0, 0),
        Priority = 0,
        WalltimeS = 60,
        Agent = agent,
        Nodes = nodes,
        After = [],
    };

    public static Ballot Ballot(params string[] votes) =>
        new() { Votes = [.. votes.Select(v => new BallotVote(v, 0.5, VoteSource.Rules, "r"))], Changes = [], Free = new ProposedNeeds(32, 64 * 1024, 0, 0) };

    public static Request Ask(MemberContexts contexts, PlacementRecord record) =>
        Request.Sign(contexts.Client.Crypto, contexts.Client.Directory, contexts.Client.Membership.Replicas, (ulong)record.Round, RequestKind.Question, record.ToBytes());

    public static Opinion Sign(MemberContexts contexts, Digest subject, int author, byte[] value)
    {
        var context = contexts.Members[author];
        return new Opinion(subject, author, value, new Statement(StatementKind.Opinion, 0, 0, subject, context.Crypto.Hash(value)).Sign(context.Crypto, context.Directory));
    }

    /// <summary>As decided: with an outcome, whoever voted what.</summary>
    public static Item Decided(MemberContexts contexts, PlacementRecord record, bool[]? proposals = null, bool[]? changes = null) =>
        new(Ask(contexts, record), [], new RoundOutcome(proposals ?? [.. record.Proposals.Select(_ => true)], changes ?? [.. record.Changes.Select(_ => true)]).ToBytes());
}
