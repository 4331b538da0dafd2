using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place;

/// <summary>How long the work takes to be whole again after a fault: until a round is decided, and until each job that went with the agent is placed again or given up.</summary>
internal sealed class RecoveryWatch
{
    private readonly List<Open> _faults = [];

    /// <summary>Notes the faults that are new, and returns them.</summary>
    public IReadOnlyList<InjectedFault> Began(IReadOnlyList<InjectedFault> injected, double now)
    {
        InjectedFault[] added = [.. injected.Skip(_faults.Count)];
        _faults.AddRange(added.Select(f => new Open(f, now)));
        return added;
    }

    public void Decided(double now)
    {
        foreach (var fault in _faults.Where(f => f.Recovered is null))
        {
            fault.Recovered = now;
        }
    }

    public void Lost(string agent, IEnumerable<string> jobs)
    {
        if (_faults.LastOrDefault(f => f.Fault.Agent == agent) is { } fault)
        {
            fault.Jobs.UnionWith(jobs);
        }
    }

    /// <summary>A job that was lost has its nodes again, or never will.</summary>
    public void Settled(string job, double now)
    {
        foreach (var fault in _faults.Where(f => f.Jobs.Remove(job)))
        {
            fault.Recovered = now;
        }
    }

    public IReadOnlyList<InjectedFault> Report() => [.. _faults.Select(f => f.Fault with { RecoveryMs = f.Recovered is { } at && f.Jobs.Count == 0 ? at - f.Began : null })];

    private sealed class Open(InjectedFault fault, double began)
    {
        public InjectedFault Fault { get; } = fault;

        public double Began { get; } = began;

        public double? Recovered { get; set; }

        public HashSet<string> Jobs { get; } = new(StringComparer.Ordinal);
    }
}
