using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>One way to break a service for real. Stateless; what a revert needs is in the receipt.</summary>
public interface ISiteFault
{
    string Name { get; }

    /// <summary>What it does, in one sentence.</summary>
    string Summary { get; }

    /// <summary>What has to be there for it to work.</summary>
    string Needs { get; }

    /// <summary>How it is taken back.</summary>
    string Reverting { get; }

    /// <summary>The service it hits when none is named.</summary>
    string DefaultTarget { get; }

    /// <summary>Names of the platforms it works on: <c>process</c>, <c>docker</c>.</summary>
    IReadOnlyList<string> Platforms { get; }

    /// <summary>Looks, refuses or answers what a revert will need; changes nothing.</summary>
    Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken);

    /// <summary>The effect. The receipt is on disk by now.</summary>
    Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    /// <summary>Takes back what is still there of the effect; does nothing when it has been repaired or never happened.</summary>
    Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);
}

/// <summary>What a fault works with. DockerSocket: full path of the engine's unix socket.</summary>
public sealed record FaultContext(Site Site, IPlatform Platform, TimeProvider Time, string DockerSocket)
{
    /// <summary>The target as declared.</summary>
    public ServiceSpec Spec(FaultReceipt receipt) => Site.Find(receipt.Target)
        ?? throw new PlatformException($"service {receipt.Target} is no longer declared in {Site.ComposeFile}", retryable: false);

    /// <summary>The target as it is now.</summary>
    public async Task<ServiceObservation> ObserveAsync(string service, CancellationToken cancellationToken) =>
        (await Platform.ObserveAsync(cancellationToken)).FirstOrDefault(o => o.Name == service)
            ?? throw new PlatformException($"service {service} was not observed", retryable: true);

    /// <summary>The target as it is now, running.</summary>
    /// <exception cref="QuorateException">It does not run, so that there is nothing to break.</exception>
    public async Task<ServiceObservation> RunningAsync(string service, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await ObserveAsync(service, cancellationToken);
        return seen.State == ServiceState.Running ? seen : throw QuorateException.Input(
            "target_not_running", $"service {service} is {seen.State.ToString().ToLowerInvariant()}; a fault needs a running target", "quorate site up");
    }
}

/// <summary>The record of one fault, on disk before its effect and until its revert.</summary>
public sealed record FaultReceipt
{
    public required string Name { get; init; }
    public required string Target { get; init; }
    public required string SiteId { get; init; }
    public required string Platform { get; init; }
    public required DateTimeOffset InjectedAt { get; init; }

    /// <summary>Idempotency key of the fault's effect.</summary>
    public required string EffectKey { get; init; }

    /// <summary>What the revert needs, by name.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Null while the fault is active.</summary>
    public DateTimeOffset? RevertedAt { get; init; }
}
