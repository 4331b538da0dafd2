using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Choosers;

/// <summary>
/// What each agent has done in a run so far: jobs that ran to their end in its pool, those that failed or were lost there, and, as
/// failures too, what it was convicted of.
/// </summary>
internal sealed class RunHistory
{
    /// <summary>Newest entries kept for each agent.</summary>
    private const int Kept = 100;

    private static readonly string Completed = QuorateJson.NameOf(BackendJobState.Completed);
    private static readonly string[] Failures = [QuorateJson.NameOf(BackendJobState.Failed), QuorateJson.NameOf(BackendJobState.NodeFailed)];

    private readonly Dictionary<string, IReadOnlyList<PastTask>> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _runsAt = new(StringComparer.Ordinal);

    /// <summary>Oldest first, by agent.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PastTask>> Tasks => _tasks;

    public void On(PlacementProgress progress)
    {
        if (progress is { Round.Record: { } record, Applied: { } applied })
        {
            foreach (var proposal in record.Proposals.Where((_, i) => applied.Placed.ElementAtOrDefault(i)))
            {
                _runsAt[proposal.Job] = proposal.Agent;
            }

            foreach (var job in applied.Lost)
            {
                Ended(job, succeeded: false);
            }
        }

        if (progress.Job is { Execution: { } execution } ended)
        {
            Ended(ended.Name, execution == Completed ? true : Failures.Contains(execution) ? false : null);
        }

        if (progress.Finding is { Proven: true } finding)
        {
            Add(finding.Agent, succeeded: false);
        }
    }

    /// <param name="job">Its name.</param>
    /// <param name="succeeded">Null: it says nothing about the pool.</param>
    private void Ended(string job, bool? succeeded)
    {
        if (_runsAt.Remove(job, out var agent) && succeeded is { } known)
        {
            Add(agent, known);
        }
    }

    private void Add(string agent, bool succeeded)
    {
        var tasks = _tasks.GetValueOrDefault(agent) ?? [];
        _tasks[agent] = [.. tasks.Skip(tasks.Count + 1 - Kept), new PastTask { Succeeded = succeeded }];
    }
}
