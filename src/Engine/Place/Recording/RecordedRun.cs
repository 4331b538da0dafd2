using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Place.Recording;

/// <summary>A run as the ledger holds it.</summary>
/// <param name="RunId">Its name.</param>
/// <param name="Started">How it began.</param>
/// <param name="Cluster">Its agents.</param>
/// <param name="Jobs">Its jobs, in their order.</param>
/// <param name="Groups">Whose signatures the certificates hold, one for each part of the run so far.</param>
/// <param name="History">What has happened.</param>
public sealed record RecordedRun(string RunId, PlaceStarted Started, ClusterSpec Cluster, IReadOnlyList<JobSpec> Jobs, IReadOnlyList<OutcomeGroup> Groups, PlacementHistory History)
{
    /// <summary>Runs looked through for open ones, the newest.</summary>
    private const int MaxRuns = 10_000;

    private const int PageSize = 10_000;

    /// <summary>Ids of the runs that have begun on a real backend and not ended, oldest first.</summary>
    public static async Task<IReadOnlyList<string>> FindOpenAsync(ILedger ledger, CancellationToken cancellationToken)
    {
        var open = new List<string>();
        var filter = new LedgerFilter { Kinds = [LedgerKinds.PlaceStarted, LedgerKinds.PlaceEnded], Newest = true, Limit = MaxRuns };
        await foreach (var entry in ledger.ReadAsync(filter, cancellationToken))
        {
            if (entry.Kind == LedgerKinds.PlaceEnded)
            {
                open.Remove(entry.Subject);
            }
            else if (entry.Read<PlaceStarted>().Options.BackendName != PlacementOptions.Simulated)
            {
                open.Add(entry.Subject);
            }
        }

        return open;
    }

    /// <summary>What is needed to go on with a run.</summary>
    /// <exception cref="QuorateException">Input: the run is unknown, over or simulated, or what the ledger holds of it proves nothing.</exception>
    public static async Task<RecordedRun> ReadAsync(ILedger ledger, string run, CancellationToken cancellationToken)
    {
        var (jobs, events, groups) = (new List<JobSpec>(), new List<RecordedEvent>(), new List<OutcomeGroup>());
        var (started, keys, ended) = (default(PlaceStarted), default(KeyDirectory), false);
        foreach (var entry in await EntriesAsync(ledger, run, cancellationToken))
        {
            switch (entry.Kind)
            {
                case LedgerKinds.PlaceJobs:
                    jobs.AddRange(entry.Read<PlaceJobs>().Jobs);
                    break;
                case LedgerKinds.PlaceStarted:
                    started = entry.Read<PlaceStarted>();
                    groups.Add(started.Group);
                    keys = DirectoryOf(groups[^1]);
                    break;
                case LedgerKinds.PlaceResumed:
                    groups.Add(entry.Read<PlaceResumed>().Group);
                    keys = DirectoryOf(groups[^1]);
                    break;
                case LedgerKinds.Placement when keys is not null:
                    events.Add(new RecordedEvent(Decided: Proven(entry, keys)));
                    break;
                case LedgerKinds.PlaceJobTaken:
                    events.Add(new RecordedEvent(Taken: entry.Read<StartTaken>()));
                    break;
                case LedgerKinds.PlaceJobEnded:
                    events.Add(new RecordedEvent(Ended: entry.Read<StartEnded>()));
                    break;
                case LedgerKinds.PlaceEnded:
                    ended = true;
                    break;
            }
        }

        if (started is null || ended || started.Options.BackendName == PlacementOptions.Simulated)
        {
            await RefuseAsync(ledger, run, started, ended, cancellationToken);
        }

        var cluster = QuorateJson.Deserialize<ClusterSpec>(started!.Cluster)!;
        return new RecordedRun(run, started, cluster, jobs, groups, new PlacementHistory { Resumed = groups.Count, Events = events });
    }

    /// <summary>The keys that check a group's certificates.</summary>
    public static KeyDirectory DirectoryOf(OutcomeGroup group)
    {
        var points = group.Keys.Select(Point).ToList();
        return KeyDirectory.Create(group.Name, group.Faults, [.. points.Take(group.Replicas.Count)], [.. points.Skip(group.Replicas.Count)]);
    }

    private static async Task RefuseAsync(ILedger ledger, string run, PlaceStarted? started, bool ended, CancellationToken cancellationToken)
    {
        var open = await FindOpenAsync(ledger, cancellationToken);
        var name = PlainText.Line(run, 60);
        var problem = started is null ? $"the ledger has no run '{name}'" : ended ? $"{name} is over" : $"{name} was simulated: nothing of it goes on";
        throw QuorateException.Input(started is null ? "run_unknown" : "run_over", problem, open.Count == 0 ? "no run is open" : $"open: {string.Join(", ", open)}");
    }

    private static async Task<List<LedgerEntry>> EntriesAsync(ILedger ledger, string run, CancellationToken cancellationToken)
    {
        var entries = new List<LedgerEntry>();
        for (var more = true; more;)
        {
            var before = entries.Count;
            var filter = new LedgerFilter { Subject = run, Kinds = LedgerKinds.OfPlacement, AfterSeq = before == 0 ? 0 : entries[^1].Seq, Limit = PageSize };
            await foreach (var entry in ledger.ReadAsync(filter, cancellationToken))
            {
                entries.Add(entry);
            }

            more = entries.Count - before == PageSize;
        }

        return entries;
    }

    private static QuorumCertificate Proven(LedgerEntry entry, KeyDirectory keys)
    {
        var problem = CertificateText.Read(Encoding.ASCII.GetBytes(entry.Read<PlacementCertificate>().Text), out var certificate) ?? certificate!.Check(keys);
        return problem is null && certificate!.Decided() is not null ? certificate
            : throw QuorateException.Input("run_damaged", $"entry {entry.Seq} of the ledger proves no round of {entry.Subject}: {problem ?? "it holds no item"}", "quorate ledger verify says whether the ledger was changed");
    }

    private static byte[] Point(string pem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return P256Crypto.PublicKey(key);
    }
}
