using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Placing;

namespace Quorate.Platforms.Slurm;

/// <summary>
/// Runs jobs through Slurm's commands sbatch, squeue, scancel and sinfo. Finished jobs are seen for slurm.conf's MinJobAge (300 s by
/// default): observe more often than that; afterwards only sacct knows them, where Slurm keeps accounts. A key is submitted once by one
/// process at a time: what is known from the last look is looked up again only when a submission was left in doubt.
/// </summary>
public sealed class SlurmBackend : IJobBackend, IDisposable
{
    private readonly SlurmOptions _options;
    private readonly SlurmCommand _command;
    private readonly Dictionary<string, string> _partitions;

    /// <summary>Submissions and looks one at a time, so that two calls with one key cannot both find nothing.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Ids by key: the last look, and what was submitted since. Null: what was submitted is in doubt.</summary>
    private Dictionary<string, string>? _known;

    /// <exception cref="QuorateException">Input: the mark or a partition has a name that is not allowed.</exception>
    public SlurmBackend(SlurmOptions options, TimeProvider time)
    {
        _options = options;
        _command = new SlurmCommand(options, time);
        _partitions = options.Cluster.Agents.ToDictionary(a => a.Name, a => a.Partition ?? a.Name);
        if (_partitions.Values.Append(options.Mark).FirstOrDefault(name => !SlurmMarks.IsPlain(name)) is { } wrong)
        {
            throw QuorateException.Input("slurm_name", $"'{PlainText.Line(wrong, 40)}' cannot name a mark or a partition; letters, digits, '.', '_' and '-' are allowed, and no '-' in front");
        }
    }

    public async Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, CancellationToken cancellationToken)
    {
        if (!_partitions.TryGetValue(start.Pool, out var partition))
        {
            throw QuorateException.Input("start_invalid", $"{start.Key} names the pool {PlainText.Line(start.Pool, 40)}; there are {string.Join(", ", _partitions.Keys)}");
        }

        var arguments = SlurmSubmission.Arguments(start, partition, _options);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_known is null && (await LookAsync(cancellationToken)).Unreachable is { } unreachable)
            {
                return new(null, unreachable);
            }

            return _known!.TryGetValue(start.Key, out var id)
                ? new(new Submission(id, Known: true), null)
                : await SubmitAsync(start, arguments, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<BackendAnswer<IReadOnlyList<BackendJob>>> ObserveAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await LookAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<BackendAnswer<BackendJob?>> FindAsync(JobStart job, string id, CancellationToken cancellationToken)
    {
        CheckId(id);
        var output = await RunAsync("sacct", ["--noheader", "--parsable2", "--allocations", $"--jobs={id}", $"--format={SlurmText.AccountFormat}"], cancellationToken);
        return output.Unreachable is { } unreachable ? new(null, unreachable) : new(output.ExitCode == 0 ? SlurmText.Account(output.Output, id, job.Key) : null, null);
    }

    public async Task<BackendAnswer<bool>> CancelAsync(string id, CancellationToken cancellationToken)
    {
        CheckId(id);
        var output = await RunAsync("scancel", ["--verbose", id], cancellationToken);
        return output.Unreachable is { } unreachable ? new(false, unreachable) : new(output.ExitCode == 0 && !output.Error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase), null);
    }

    public async Task<BackendAnswer<IReadOnlyList<BackendNode>>> DescribeAsync(CancellationToken cancellationToken)
    {
        var output = await RunAsync("sinfo", ["--noheader", "--all", "--Node", $"--format={SlurmText.NodeFormat}"], cancellationToken);
        if (output.Unreachable is { } unreachable)
        {
            return new(null, unreachable);
        }

        Require(output, "sinfo");
        return new(SlurmText.Nodes(output.Output, _partitions.ToLookup(p => p.Value, p => p.Key)), null);
    }

    public void Dispose() => _gate.Dispose();

    private async Task<BackendAnswer<IReadOnlyList<BackendJob>>> LookAsync(CancellationToken cancellationToken)
    {
        var output = await RunAsync("squeue", ["--noheader", "--all", "--me", "--states=all", $"--Format={SlurmText.JobFormat}"], cancellationToken);
        if (output.Unreachable is { } unreachable)
        {
            return new(null, unreachable);
        }

        Require(output, "squeue");
        var jobs = new List<BackendJob>();
        foreach (var same in SlurmText.Jobs(output.Output, _options.Mark).GroupBy(j => j.Key))
        {
            jobs.Add(same.First());
            // The answer to the first was lost so late that a second one was submitted; it waits for the first and must not follow it.
            foreach (var double_ in same.Skip(1).Where(j => !j.Ended))
            {
                await CancelAsync(double_.Id, cancellationToken);
            }
        }

        _known = jobs.ToDictionary(j => j.Key, j => j.Id, StringComparer.Ordinal);
        return new(jobs, null);
    }

    private async Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var known = _known!;
        // Until there is an answer: it may be taken though the command is ended.
        _known = null;
        var output = await _command.RunAsync("sbatch", arguments, start.NodeCount == 1 ? SlurmSubmission.OnOneNode : SlurmSubmission.OnEachNode, cancellationToken);
        if (output.Unreachable is { } unreachable)
        {
            return new(null, unreachable);
        }

        // With several clusters: "id;cluster".
        var id = output.Output.Split(';')[0].Trim();
        _known = known;
        if (output.ExitCode != 0 || !IsId(id))
        {
            return new(new Submission(null, Refused: output.Problem), null);
        }

        known[start.Key] = id;
        return new(new Submission(id), null);
    }

    private static bool IsId(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static void CheckId(string id)
    {
        if (!IsId(id))
        {
            throw QuorateException.Input("job_id_invalid", $"'{PlainText.Line(id, 40)}' is no job of Slurm; a number is needed");
        }
    }

    private Task<SlurmOutput> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) => _command.RunAsync(program, arguments, "", cancellationToken);

    private static void Require(SlurmOutput output, string program)
    {
        if (output.ExitCode != 0)
        {
            throw QuorateException.Missing("slurm_failed", $"{program} ended with {output.ExitCode}: {output.Problem}", "Check slurm.conf and that the versions of the commands and the controller match.");
        }
    }
}
