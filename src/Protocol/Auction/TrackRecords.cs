using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Provenance;

namespace Quorate.Protocol.Auction;

/// <summary>The first phase: what an agent's history says about what it can do.</summary>
public static class TrackRecords
{
    /// <summary>Expected quality of an agent of which nothing is known, neither skill nor history.</summary>
    public const double PriorQuality = 0.5;

    /// <summary>Expected throughput of such an agent, as a share of the target.</summary>
    public const double PriorThroughput = 0.5;

    /// <param name="profile">Of the agent.</param>
    /// <param name="skill">That the task asks for; null: none.</param>
    public static TrackRecord Of(AgentProfile profile, string? skill)
    {
        var quality = Estimate.Of(profile.History.Where(t => t.Quality is not null).Select(t => t.Quality!.Value));
        var throughput = Estimate.Of(profile.History.Where(t => t.Throughput is not null).Select(t => t.Throughput!.Value));
        var succeeded = profile.History.Count(t => t.Succeeded);
        return new TrackRecord
        {
            Succeeded = succeeded,
            Failed = profile.History.Count - succeeded,
            QualityMean = quality.Mean,
            QualityCount = quality.Count,
            ThroughputMean = throughput.Mean,
            ThroughputCount = throughput.Count,
            Skill = skill is not null && profile.Skills.TryGetValue(skill, out var level) ? level : null,
            HistoryHash = Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.ToBytes(QuorateJson.ToElement(profile.History)))),
        };
    }

    /// <param name="track">Of the agent.</param>
    /// <param name="needs">Of the task.</param>
    /// <param name="defaults">Times it broke the rules of an auction; each counts as a failed task.</param>
    public static AgentCapability Assess(TrackRecord track, AuctionRequirements needs, int defaults)
    {
        var quality = new Estimate(track.QualityMean, track.QualityCount);
        var throughput = new Estimate(track.ThroughputMean, track.ThroughputCount);
        var reliability = new BetaPosterior(track.Succeeded, track.Failed + defaults);
        return new AgentCapability(
            quality.Toward(track.Skill ?? PriorQuality),
            quality.Confidence,
            throughput.Confidence,
            reliability.Mean,
            reliability.Lower(),
            needs.TargetThroughput is { } target ? throughput.Toward(PriorThroughput * target) : null);
    }

    /// <summary>Null for numbers that a history can come down to, otherwise what is wrong.</summary>
    internal static string? FindProblem(TrackRecord track) =>
        track is { Succeeded: >= 0, Failed: >= 0, QualityMean: null or (>= 0 and <= 1), ThroughputMean: null or (>= 0 and <= AuctionRules.MaxThroughput), Skill: null or (>= 0 and <= 1) }
        && track.QualityCount is >= 0 and < 1_000 && track.ThroughputCount is >= 0 and < 1_000
            ? null
            : "a history comes down to numbers out of their range";
}
