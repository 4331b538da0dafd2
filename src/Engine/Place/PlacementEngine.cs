using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place;

/// <summary>
/// Places jobs: the queue says who comes next and where, the agents decide by consensus, the backend runs what was decided,
/// and what ends, fails or is lost goes back into the next round. One run at a time; not thread-safe.
/// </summary>
public sealed partial class PlacementEngine
{
    private readonly PlacementParts _parts;
    private readonly PlacementState _state;
    private readonly NodePools _nodes;
    private readonly JobQueue _queue;
    private readonly BackendWatch _backend;
    private readonly NodeWatch _nodeWatch;
    private readonly MembershipWatch _membership;
    private readonly RecoveryWatch _recovery = new();
    private readonly RunReport _report;
    private readonly QuorumPatience _quorum;
    private readonly Dictionary<string, JobProgress> _jobs = new(StringComparer.Ordinal);
    private readonly List<JobProgress> _inOrder = [];
    private readonly Queue<JobProgress> _later = [];
    private readonly Refusals _refusals;
    private readonly List<string> _releases = [];
    private int _over;

    public PlacementEngine(PlacementParts parts)
    {
        _parts = parts;
        _state = new PlacementState(parts.Cluster, parts.RunId, parts.Group.Rules.Records) { Choices = parts.Chooser.Certified };
        _nodes = new NodePools(parts.Cluster);
        _refusals = new Refusals(_nodes, parts.Keys.Faults);
        _queue = new JobQueue(parts.Cluster);
        _backend = new BackendWatch(parts.Backend, parts.Time, parts.Options, parts.Observer, parts.Journal);
        _nodeWatch = new NodeWatch(parts.Backend, parts.Time, _backend.RunningOn);
        _membership = new MembershipWatch(parts.Cluster, parts.Options.MaxReadmissions);
        _report = new RunReport(parts);
        _quorum = new QuorumPatience(parts.Options, parts.Group.TimeoutMs, parts.Clock);
    }

    /// <summary>Runs until every job is placed, rejected or given up and, if so asked, has ended.</summary>
    /// <exception cref="QuorateException">Input: two jobs of one name.</exception>
    public async Task<PlacementResult> RunAsync(IReadOnlyList<JobSpec> jobs, CancellationToken cancellationToken)
    {
        Know(jobs);
        Recall();

        while (!IsOver() && !_quorum.IsOver)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Submit();
            await _backend.UpdateAsync(cancellationToken);
            await _nodeWatch.UpdateAsync(cancellationToken);
            Settle();
            if (_backend.GivenUp is not null)
            {
                break;
            }

            if (await RoundAsync(isProbe: false, cancellationToken))
            {
                (_probes, _idleSince) = (0, null);
            }
            else if (!await WaitAsync(cancellationToken))
            {
                break;
            }
        }

        var left = await _backend.CloseAsync(cancellationToken);
        Settle();
        GiveUpRest();
        return _report.Write([.. jobs.Select(j => _jobs[j.Name].Result)], _recovery.Report()) with { LeftOpen = left, Interrupted = _backend.GivenUp };
    }

    private void Know(IReadOnlyList<JobSpec> jobs)
    {
        foreach (var job in jobs)
        {
            _inOrder.Add(new JobProgress(job));
            if (!_jobs.TryAdd(job.Name, _inOrder[^1]))
            {
                throw QuorateException.Input("job_twice", $"the job {job.Name} is there twice", "each job needs a name of its own");
            }
        }

        foreach (var job in _inOrder.OrderBy(j => j.Spec.SubmitS))
        {
            _later.Enqueue(job);
        }
    }

    private bool IsOver()
    {
        // What is over stays so: only the rest is looked at.
        while (_over < _inOrder.Count && _inOrder[_over].IsOver)
        {
            _over++;
        }

        return _inOrder.Skip(_over).All(j => j.IsOver || (!_parts.Options.UntilEnd && j.Stage == JobStage.Running));
    }

    private TimeSpan? NextSubmission() => _later.TryPeek(out var next) ? TimeSpan.FromSeconds(next.Spec.SubmitS) : null;

    private void Submit()
    {
        while (NextSubmission() is { } at && at <= _parts.Time.Now)
        {
            var job = _later.Dequeue();
            job.Stage = JobStage.Queued;
            if (job.Spec.DependsOn.FirstOrDefault(HasFailed) is { } failed)
            {
                GiveUp(job, PlacementOutcome.Rejected, $"it depends on {failed}, which did not succeed");
                continue;
            }

            var lacks = _queue.Add(QueuedJob.Of(job.Spec with { DependsOn = [.. job.Spec.DependsOn.Where(d => !_jobs.TryGetValue(d, out var needed) || !needed.IsOver)] }, at));
            if (lacks.Count > 0)
            {
                GiveUp(job, PlacementOutcome.Rejected, $"larger than the cluster: {string.Join("; ", lacks)}");
            }
        }
    }

    private bool HasFailed(string name) => _jobs.TryGetValue(name, out var job) && job.IsOver && job.Result.Execution != "completed";

    /// <summary>What the backend has told: jobs that ended hold nothing any more, lost ones go back into the queue.</summary>
    private void Settle()
    {
        foreach (var job in _backend.TakeEnded())
        {
            Free(job.Spec.Name);
            if (job.Lost)
            {
                Requeue(job);
            }
            else
            {
                _recovery.Settled(job.Spec.Name, _parts.Clock.Now);
                // It may wait again: placed anew, before it was known that the earlier start had ended well.
                _queue.Remove(job.Spec.Name);
                Abandon(_queue.Finish(job.Spec.Name, job.Stage == JobStage.Ended && job.Result.Execution == "completed"), job.Spec.Name);
            }

            _parts.Observer.On(new PlacementProgress { Job = job.Result });
        }
    }

    private void Free(string job)
    {
        if (_state.Cluster.Find(job) is not null)
        {
            _releases.Add(job);
        }
    }

    private void Requeue(JobProgress job)
    {
        (job.Lost, job.Start) = (false, null);
        if (job.Attempt > _parts.Options.MaxReplacements)
        {
            GiveUp(job, PlacementOutcome.Failed, $"lost {job.Attempt} times");
            return;
        }

        job.Stage = JobStage.Queued;
        job.Result = job.Result with { Replaced = job.Result.Replaced + 1 };
        _refusals.Forget(job.Spec.Name);
        _queue.Add(QueuedJob.Of(job.Spec with { DependsOn = [] }, TimeSpan.FromSeconds(job.Spec.SubmitS)) with { Requeued = true });
    }

    private void GiveUp(JobProgress job, string outcome, string reason)
    {
        job.Stage = JobStage.GivenUp;
        job.Result = job.Result with { Outcome = outcome, Reason = reason, Agent = null, Nodes = [] };
        _queue.Remove(job.Spec.Name);
        _recovery.Settled(job.Spec.Name, _parts.Clock.Now);
        _parts.Observer.On(new PlacementProgress { Job = job.Result });
        Abandon(_queue.Finish(job.Spec.Name, succeeded: false), job.Spec.Name);
    }

    private void Abandon(IReadOnlyList<string> hopeless, string cause)
    {
        foreach (var name in hopeless.Where(n => !_jobs[n].IsOver))
        {
            var job = _jobs[name];
            job.Stage = JobStage.GivenUp;
            job.Result = job.Result with { Outcome = PlacementOutcome.Rejected, Reason = $"it depends on {cause}, which did not succeed" };
            _parts.Observer.On(new PlacementProgress { Job = job.Result });
        }
    }

    /// <summary>One round, if there is anything to decide, or to look for agents that are out.</summary>
    private async Task<bool> RoundAsync(bool isProbe, CancellationToken cancellationToken)
    {
        var changes = _membership.Propose(_state);
        var nodes = _nodeWatch.Propose(_state);
        // Where jobs may go is clear once the agents know the nodes.
        var releases = _releases.Take(PlacementRecord.MaxReleases).ToList();
        var choices = nodes.Count > 0 ? [] : await ChooseAsync(releases, cancellationToken);
        // Ends alone can wait: what they freed counts as free already, and the next round tells of them.
        var mustTell = releases.Count == PlacementRecord.MaxReleases || (releases.Count > 0 && IsOver());
        if (changes.Count == 0 && nodes.Count == 0 && choices.Count == 0 && !mustTell && !isProbe && !_membership.IsUnsure(_state))
        {
            return false;
        }

        var began = _parts.Clock.Now;
        var result = await _parts.Group.DecideAsync(PlacementSize.Fit(Record(releases, nodes, changes, choices)), cancellationToken);
        foreach (var fault in _recovery.Began(_parts.Faults.Injected, began))
        {
            _parts.Observer.On(new PlacementProgress { Fault = fault });
        }

        _quorum.Note(result);
        _report.Note(result);
        if (result.Decided.Count == 0)
        {
            _parts.Observer.On(new PlacementProgress { Round = result });
        }

        foreach (var (item, certificate) in result.Decided)
        {
            var record = _parts.Group.Rules.Records.Read(item.Request.Payload)!;
            _report.Attack.Note(_state, record, item);
            _state.Apply(0, item);
            _recovery.Decided(_parts.Clock.Now);
            if (_state.Last.Round == 0)
            {
                // Asked twice because no quorum answered the first time, and decided twice: only once it followed the state.
                continue;
            }

            var carried = result.Of(item, record);
            var proof = _parts.Options.KeepProofs ? RoundProof.Of(record, item, certificate, _parts.Keys.Replicas) : null;
            if (_parts.Journal is { } journal && proof is not null)
            {
                await journal.DecidedAsync(proof, carried.IsByModels, cancellationToken);
            }

            Carry(item, carried, proof);
        }

        _membership.Note(result, _state);
        return true;
    }

    /// <param name="releases">What the round tells of: only that is free to those who vote.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    private async Task<IReadOnlyList<PoolChoice>> ChooseAsync(List<string> releases, CancellationToken cancellationToken)
    {
        if (_queue.Count == 0 || !PlacementSize.HasRoom(_state.Cluster))
        {
            return [];
        }

        var view = new FreedView(_state.Cluster, releases, _nodes);
        var starts = _queue.Next(_parts.Time.Now, view);
        // A job whose end is not told yet runs, as far as the agents know.
        var untold = _releases.Skip(releases.Count).ToHashSet(StringComparer.Ordinal);
        starts = untold.Count == 0 ? starts : [.. starts.Where(s => !untold.Contains(s.Job.Name))];
        // Those that were lost come first, and are placed again at once: whoever lost them has waited already.
        var most = Math.Clamp(starts.Count(s => s.Job.Requeued), _parts.Options.Batch, PlacementRecord.MaxProposals);
        return starts.Count == 0 ? [] : await _parts.Chooser.ChooseAsync(starts, most, view.Nodes, _refusals.Pools, cancellationToken);
    }

    private PlacementRecord Record(IReadOnlyList<string> releases, IReadOnlyList<NodeChange> nodes, IReadOnlyList<MembershipChange> changes, IReadOnlyList<PoolChoice> choices) => new()
    {
        Kind = PlacementRecord.Form,
        Run = _parts.RunId,
        Round = _state.Round + 1,
        AtMs = (long)_parts.Time.Now.TotalMilliseconds,
        State = _state.Chain,
        Quarantined = [.. _state.Quarantined],
        Releases = releases,
        Nodes = nodes.Count > 0 ? nodes : null,
        Changes = changes,
        Proposals = [.. choices.Select(c => new Proposal
        {
            Job = c.Job.Name,
            Needs = ProposedNeeds.Of(c.Job.Needs),
            Priority = c.Job.Priority,
            WalltimeS = (long)c.Job.Walltime.TotalSeconds,
            Agent = _parts.Cluster.Agents[c.Placement.Pool].Name,
            Nodes = [.. c.Placement.Nodes.Order()],
            After = _refusals.Pools.GetValueOrDefault(c.Job.Name) ?? [],
            Basis = c.Basis,
        })],
    };

    /// <summary>Carries out what was decided.</summary>
    private void Carry(Item item, RoundResult result, PlacementCertificate? proof)
    {
        var (record, applied) = (result.Record, _state.Last);
        var told = record.Releases.ToHashSet(StringComparer.Ordinal);
        _releases.RemoveAll(told.Contains);
        _nodeWatch.Note(record.Nodes ?? []);
        for (var i = 0; i < record.Proposals.Count && i < applied.Placed.Count; i++)
        {
            var job = _jobs[record.Proposals[i].Job];
            job.Result = job.Result with { Votes = proof is null && applied.Placed[i] ? [] : _report.VotesOn(result, i), Certificate = proof, LatencyMs = Math.Round(result.ElapsedMs, 3) };
            if (applied.Placed[i])
            {
                Start(job, record, record.Proposals[i]);
            }
            else if (!job.IsOver && !applied.Outcome.Proposals[i] && _refusals.Note(job.Result, record.Proposals[i], _parts.Group.Rules.Counted(record, item.Opinions).Count(b => !b.Votes[i].Accepts)) is var (outcome, reason))
            {
                GiveUp(job, outcome, reason);
            }
        }

        foreach (var change in record.Changes.Where((c, i) => applied.Outcome.Changes[i] && c.Change == MembershipChanges.Withdraw))
        {
            _recovery.Lost(change.Agent, applied.Lost.Where(j => _jobs[j].Start?.Pool == change.Agent));
        }

        foreach (var job in applied.Lost.Select(j => _jobs[j]).Where(j => !j.IsOver))
        {
            _backend.Cancel(job);
            Requeue(job);
        }

        _report.NoteUse(_state.Cluster);
        _parts.Observer.On(new PlacementProgress { Round = result, Applied = applied });
    }

    private void Start(JobProgress job, PlacementRecord record, Proposal proposal)
    {
        if (job.IsOver)
        {
            // Decided late, after it was given up or had ended after all.
            _releases.Add(job.Spec.Name);
            return;
        }

        _queue.Remove(job.Spec.Name);
        _refusals.Forget(job.Spec.Name);
        job.Attempt++;
        var nodes = BackendWatch.NamesOf(proposal.Agent, proposal.Nodes);
        job.Start = new JobStart
        {
            Key = $"{_parts.RunId}.{job.Spec.Name}.{job.Attempt}",
            Job = job.Spec,
            Pool = proposal.Agent,
            NodeCount = proposal.Nodes.Count,
            Nodes = _parts.Options.BindNodes ? nodes : [],
            Share = proposal.Share(),
        };
        job.Result = job.Result with
        {
            Outcome = PlacementOutcome.Placed,
            Agent = proposal.Agent,
            Nodes = nodes,
            Reason = null,
            WaitS = job.Attempt == 1 ? Math.Round((record.AtMs / 1000.0) - job.Spec.SubmitS, 3) : job.Result.WaitS,
        };
        _backend.Start(job);
        _recovery.Settled(job.Spec.Name, _parts.Clock.Now);
    }

    private void GiveUpRest()
    {
        var waiting = _queue.Explain(_parts.Time.Now, new FreedView(_state.Cluster, _releases, _nodes)).ToDictionary(w => w.Job, w => w.Reason);
        foreach (var job in _jobs.Values.Where(j => j.Stage is JobStage.Later or JobStage.Queued).ToList())
        {
            var reason = _quorum.Reason ?? _backend.GivenUp ?? _refusals.Explain(job.Spec.Name) ?? waiting.GetValueOrDefault(job.Spec.Name) ?? "its nodes did not come back";
            GiveUp(job, PlacementOutcome.Failed, reason);
        }
    }
}
