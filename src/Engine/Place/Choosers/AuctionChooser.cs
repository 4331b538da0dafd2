using Quorate.Contracts.Coordination;
using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Place.Choosers;

/// <summary>
/// Auctions each job among the agents in whose pools it fits: an agent asks what the job would block of the cluster, and its
/// speciality is its expected quality. Who wins gets the job; where nobody wins the fit decides.
/// A backfilled job is not auctioned: elsewhere it could delay the one that comes first.
/// </summary>
/// <param name="cluster">The agents.</param>
/// <param name="run">Names the auctions.</param>
/// <param name="house">Holds them.</param>
/// <param name="jobs">All jobs of the run, for their kinds.</param>
public sealed class AuctionChooser(ClusterSpec cluster, string run, AuctionHouse house, IReadOnlyList<JobSpec> jobs) : IPoolChooser, IPlacementObserver
{
    /// <summary>An agent may ask for so many times the share of the cluster that the job names.</summary>
    private const double ReserveShares = 8;

    private static readonly Dictionary<string, double> Weights = new() { ["cost"] = 0.5, ["quality"] = 0.2, ["reliability"] = 0.2, ["performance"] = 0.1 };

    private readonly RunHistory _history = new();
    private readonly Dictionary<string, JobSpec> _jobs = jobs.ToDictionary(j => j.Name, StringComparer.Ordinal);
    private readonly List<PastAuction> _past = [];
    private int _auctions;

    public CertifiedChoices Certified { get; } = new();

    public Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, int most, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken) =>
        PoolChoice.EachAsync(starts, most, free, refused, (start, closed) => ChooseAsync(start, free, closed, cancellationToken));

    public void On(PlacementProgress progress) => _history.On(progress);

    private async ValueTask<PoolChoice?> ChooseAsync(Start start, NodePools free, IReadOnlyList<string> closed, CancellationToken cancellationToken)
    {
        if (start.Backfilled)
        {
            return FitChooser.Choose(start, free, closed);
        }

        var needs = start.Job.Needs;
        var task = TaskOf(_jobs[start.Job.Name], free);
        var bidders = JobHierarchy.Profiles(cluster, _history.Tasks).Select((profile, pool) => (IBidder)new SealedBidder(profile, (_, _) => ValueTask.FromResult(closed.Contains(profile.Name) ? null : Bid(free, pool, needs, start.Job.Walltime)))).ToList();
        var result = await house.RunAsync($"{run}.{++_auctions}", task, bidders, _past, cancellationToken);
        _past.Add(result.Past);
        if (_past.Count > AuctionRecords.MaxPast)
        {
            _past.RemoveAt(0);
        }

        if (result.Winner is { } winner && free.ChooseIn(cluster.NumberOf(winner), needs) is { } placement)
        {
            var record = new ChoiceRecord(CertifiedChoices.Auction, result.AuctionId, result.RecordHash, AuctionRecords.ToBytes(result.Record!), result.Certificate);
            Certified.Add(record, [(start.Job.Name, winner)]);
            return new PoolChoice(start.Job, placement, CertifiedChoices.BasisOf(record.Kind, record.Hash));
        }

        return FitChooser.Choose(start, free, closed);
    }

    private static AuctionTask TaskOf(JobSpec job, NodePools free)
    {
        var needs = job.Needs();
        var share = (double)needs[free.MostNeeded(needs)] / Math.Max(1, free.Total[free.MostNeeded(needs)]);
        return new AuctionTask
        {
            Name = job.Name,
            CriteriaWeights = Weights,
            Requirements = new AuctionRequirements { MaxCost = ReserveShares * Math.Max(share, 1e-9), MaxDurationS = job.WalltimeS, Skill = JobHierarchy.Kind(job) },
        };
    }

    private static AgentBid? Bid(NodePools free, int pool, Resources needs, TimeSpan walltime) => free.CostIn(pool, needs) is { } cost
        ? new AgentBid { Cost = cost, DurationS = walltime.TotalSeconds, Approach = [free.Pools[pool].Speciality], Load = 1 - ((double)free.Pools[pool].Free.CpuCores / Math.Max(1, free.Pools[pool].Node.CpuCores * free.Pools[pool].Count)) }
        : null;
}
