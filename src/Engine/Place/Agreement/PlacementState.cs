using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// What all rounds of a run have led to: who holds which nodes, who is withdrawn or quarantined, and the chain that names it.
/// Every replica has one, and so has whoever asks; equal chains mean equal states. What the votes accept is allocated only if
/// it fits. Not for several threads at once.
/// </summary>
public sealed class PlacementState : IReplicatedState
{
    private readonly SortedSet<string> _withdrawn = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _quarantined = new(StringComparer.Ordinal);
    private readonly string _run;
    private readonly Memo<PlacementRecord> _records;

    /// <summary>To think ahead with.</summary>
    private readonly NodePools _ahead;
    private (PlacementRecord Record, string Chain, long Version, RuleVotes Votes)? _rules;

    public PlacementState(ClusterSpec spec, string run)
        : this(spec, run, new Memo<PlacementRecord>(PlacementRecord.TryParse))
    {
    }

    /// <param name="spec">The cluster.</param>
    /// <param name="run">Names the run.</param>
    /// <param name="records">Shared by those who read the same records.</param>
    internal PlacementState(ClusterSpec spec, string run, Memo<PlacementRecord> records)
    {
        (_run, _records) = (run, records);
        Cluster = new ClusterState(spec);
        _ahead = new NodePools(spec);
        Chain = TextHash.Of($"{PlacementRecord.Form}\n{run}\n{QuorateJson.Serialize(spec)}");
    }

    public ClusterState Cluster { get; private set; }

    /// <summary>SHA-256 over the run's name, the cluster and all rounds, lower-case hex.</summary>
    public string Chain { get; private set; }

    /// <summary>Rounds applied.</summary>
    public long Round { get; private set; }

    /// <summary>Agents from whom nothing is heard, by name, in order. Their pools are down.</summary>
    public IReadOnlyCollection<string> Withdrawn => _withdrawn;

    /// <summary>Agents proven to have lied, by name, in order. Their votes do not count; their pools are the cluster's and stay in use.</summary>
    public IReadOnlyCollection<string> Quarantined => _quarantined;

    /// <summary>What the last applied round came to: which proposals hold nodes now, and which jobs were lost with a pool.</summary>
    public AppliedRound Last { get; private set; } = AppliedRound.None;

    public byte[] Apply(ulong sequence, Item item)
    {
        if (_records.Read(item.Request.Payload) is not { } record || RoundOutcome.TryParse(item.Outcome, record) is not { } outcome
            || record.Run != _run || record.State != Chain)
        {
            Last = AppliedRound.None;
            return "stale"u8.ToArray();
        }

        foreach (var job in record.Releases)
        {
            Cluster.Release(job);
        }

        foreach (var node in record.Nodes ?? [])
        {
            Cluster.SetNode(Cluster.PoolOf(node.Agent), node.Node, node.IsUp);
        }

        var lost = record.Changes.Where((_, i) => outcome.Changes[i]).SelectMany(Apply).ToList();
        var placed = record.Proposals.Select((proposal, i) => outcome.Proposals[i] && Place(proposal, record.AtMs)).ToList();
        Last = new AppliedRound(record.Round, placed, outcome, lost);
        Chain = Next(item);
        Round = record.Round;
        return Encoding.ASCII.GetBytes(RoundOutcome.Digits(placed));
    }

    /// <summary>What the rules give on a record in this state; worked out once while neither changes.</summary>
    internal RuleVotes RulesOn(PlacementRecord record)
    {
        if (_rules is not { } known || !ReferenceEquals(known.Record, record) || known.Chain != Chain || known.Version != Cluster.Version)
        {
            _rules = known = (record, Chain, Cluster.Version, RuleVotes.On(this, record, _ahead));
        }

        return known.Votes;
    }

    public byte[] Snapshot() => JsonSerializer.SerializeToUtf8Bytes(
        new Saved(Chain, Round, [.. _withdrawn], [.. _quarantined], [.. Cluster.NodesOut()], [.. Cluster.Running.OrderBy(a => a.Sequence).Select(a => new SavedJob(a.Job, a.Placement.Pool, a.Placement.Nodes, ProposedNeeds.Of(a.Placement.Share), a.EndsBy.Ticks))]),
        QuorateJson.Options);

    public bool Restore(ReadOnlySpan<byte> snapshot)
    {
        try
        {
            if (JsonSerializer.Deserialize<Saved>(snapshot, QuorateJson.Options) is not { Chain: not null, Withdrawn: not null, Quarantined: not null, Out: not null, Jobs: not null } saved
                || !saved.Jobs.All(j => j is { Job: not null, Nodes: not null, Share: not null } && j.Pool >= 0 && j.Pool < Cluster.Pools.Count && j.Nodes.All(n => n >= 0 && n < Cluster.Pools[j.Pool].Count))
                || !saved.Out.All(o => o.Pool >= 0 && o.Pool < Cluster.Pools.Count && o.Node >= 0 && o.Node < Cluster.Pools[o.Pool].Count)
                || !saved.Withdrawn.Concat(saved.Quarantined).All(n => Cluster.Pools.Any(p => p.Name == n)))
            {
                return false;
            }

            var cluster = new ClusterState(Cluster.Spec);
            saved.Jobs.ToList().ForEach(j => cluster.Allocate(j.Job, new Placement(j.Pool, j.Nodes, j.Share.Amounts()), TimeSpan.FromTicks(j.EndsBy)));
            saved.Out.ToList().ForEach(o => cluster.SetNode(o.Pool, o.Node, isUp: false));
            (Cluster, Chain, Round, Last) = (cluster, saved.Chain, saved.Round, AppliedRound.None);
            Set(_withdrawn, saved.Withdrawn);
            Set(_quarantined, saved.Quarantined);
            RefreshPools();
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private List<string> Apply(MembershipChange change)
    {
        _ = change.Change switch
        {
            MembershipChanges.Withdraw => _withdrawn.Add(change.Agent),
            MembershipChanges.Restore => _withdrawn.Remove(change.Agent),
            MembershipChanges.Quarantine => _quarantined.Add(change.Agent),
            _ => _quarantined.Remove(change.Agent),
        };
        var lost = change.Change == MembershipChanges.Withdraw ? Cluster.PoolDown(Cluster.PoolOf(change.Agent)) : [];
        RefreshPools();
        return [.. lost.Select(a => a.Job)];
    }

    private void RefreshPools()
    {
        foreach (var pool in Cluster.Pools)
        {
            pool.SetPoolDown(_withdrawn.Contains(pool.Name));
        }
    }

    private bool Place(Proposal proposal, long atMs)
    {
        var placement = new Placement(Cluster.PoolOf(proposal.Agent), proposal.Nodes, proposal.Share());
        try
        {
            Cluster.Allocate(proposal.Job, placement, TimeSpan.FromMilliseconds(atMs) + TimeSpan.FromSeconds(proposal.WalltimeS));
            return true;
        }
        catch (InvalidOperationException)
        {
            // Whatever was voted: nodes that cannot hold the job, or a job that runs already.
            return false;
        }
    }

    private string Next(Item item)
    {
        // The payload's length tells where the outcome begins.
        byte[] link = [.. Encoding.ASCII.GetBytes(Chain), .. BitConverter.GetBytes((long)item.Request.Payload.Length), .. item.Request.Payload, .. item.Outcome];
        return Convert.ToHexStringLower(SHA256.HashData(link));
    }

    private static void Set(SortedSet<string> names, IReadOnlyList<string> now)
    {
        names.Clear();
        names.UnionWith(now);
    }

    private sealed record Saved(string Chain, long Round, IReadOnlyList<string> Withdrawn, IReadOnlyList<string> Quarantined, IReadOnlyList<NodeOut> Out, IReadOnlyList<SavedJob> Jobs);

    private sealed record SavedJob(string Job, int Pool, IReadOnlyList<int> Nodes, ProposedNeeds Share, long EndsBy);
}

/// <summary>What one round came to.</summary>
/// <param name="Round">Its number; 0: none was applied.</param>
/// <param name="Placed">For each proposal, whether it holds its nodes now.</param>
/// <param name="Outcome">What the votes said.</param>
/// <param name="Lost">Jobs whose pool was withdrawn.</param>
public sealed record AppliedRound(long Round, IReadOnlyList<bool> Placed, RoundOutcome Outcome, IReadOnlyList<string> Lost)
{
    public static readonly AppliedRound None = new(0, [], new RoundOutcome([], []), []);
}
