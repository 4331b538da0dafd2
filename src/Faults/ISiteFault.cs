using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>One way to break a service for real. Stateless; what a revert needs is in the receipt.</summary>
public interface ISiteFault
{
    string Name { get; }

    /// <summary>What it does, in one sentence.</summary>
    string Summary { get; }

    /// <summary>What users lose and what stays, in one sentence.</summary>
    string BlastRadius { get; }

    /// <summary>What has to be there for it to work.</summary>
    string Needs { get; }

    /// <summary>How it is taken back.</summary>
    string Reverting { get; }

    /// <summary>The service it hits when none is named.</summary>
    string DefaultTarget { get; }

    /// <summary>
    /// What of its target it takes hold of. Two faults of one target combine only when they hold different things, and
    /// neither holds <see cref="FaultResources.Service"/>.
    /// </summary>
    string Resource { get; }

    /// <summary>Names of the platforms it works on: <c>process</c>, <c>docker</c>.</summary>
    IReadOnlyList<string> Platforms { get; }

    /// <summary>How long it lasts when nobody takes it back: above zero, at most 30 minutes.</summary>
    TimeSpan MaxDuration => TimeSpan.FromMinutes(10);

    /// <summary>The service it hits on this site when none is named.</summary>
    string TargetOn(Site site) => DefaultTarget;

    /// <summary>Looks, refuses or answers what a revert will need; changes nothing.</summary>
    Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken);

    /// <summary>The effect. The receipt is on disk by now.</summary>
    Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    /// <summary>Takes back what is still there of the effect; does nothing when it has been repaired or never happened.</summary>
    Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    /// <summary>Whether the effect is there now, found by looking at the target.</summary>
    /// <exception cref="PlatformException">The target cannot be looked at.</exception>
    Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    /// <summary>What must hold once the fault is repaired: null when it does, else what does not, in one sentence.</summary>
    Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    /// <summary>The correct repair that takes the least: tasks of a plan, in order.</summary>
    IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt);
}

/// <summary>One task of a repair plan. Type: a name of the task catalogue; Target: a service of the site.</summary>
public sealed record FaultRemedy(string Type, string Target, IReadOnlyDictionary<string, string> Args)
{
    internal static FaultRemedy Of(string type, string target, params (string Name, string Value)[] args) =>
        new(type, target, args.ToDictionary(a => a.Name, a => a.Value));
}

/// <summary>What faults take hold of.</summary>
internal static class FaultResources
{
    /// <summary>The whole service: it goes away, or is started anew.</summary>
    public const string Service = "service";
    public const string Cpu = "cpu";
    public const string Files = "files";
    public const string Locks = "locks";
    public const string Certificate = "certificate";
    public const string Data = "data";
    public const string Network = "network";
    public const string Names = "names";
    public const string Sessions = "sessions";
    public const string Access = "access";
    public const string Schema = "schema";
    public const string Memory = "memory";
    public const string Content = "content";
    public const string Queue = "queue";
    public const string Configuration = "configuration";
}
