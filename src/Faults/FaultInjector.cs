using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>
/// Breaks services of a lab site and takes it back. A fault's record is on disk before its effect, so that another
/// process can revert it when this one was killed. Processes take turns: one makes or takes back faults of a site at a time.
/// </summary>
/// <param name="site">Must be marked <c>x-quorate: { lab: true }</c> unless <paramref name="anySite"/> is set.</param>
/// <param name="platform">Where the site runs.</param>
/// <param name="stateDirectory">Folder in which <c>faults/</c> is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="anySite">The person said <c>--i-know</c>.</param>
/// <param name="dockerSocket">Null: from <c>DOCKER_HOST</c> when it is a unix:// address, else /var/run/docker.sock.</param>
public sealed class FaultInjector(
    Site site, IPlatform platform, string stateDirectory, TimeProvider time, bool anySite = false, string? dockerSocket = null)
{
    /// <summary>The longest that any fault may last.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromMinutes(30);

    private readonly FaultRecords records = new(stateDirectory, site.Id);

    /// <summary>The process with whose end the faults end that are injected from now on; null: they last until their deadline.</summary>
    public FaultOwner? Owner { get; init; }

    /// <summary>Starts the process that takes faults back when this one cannot; called before each record is written. Null: nobody does.</summary>
    public Action? StartWatchdog { get; init; }

    /// <summary>How long faults last, up to <see cref="LongestDuration"/>; null: each its own time.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What faults work with here: for <see cref="ISiteFault.IsInEffectAsync"/> and its like.</summary>
    public FaultContext Context { get; } = new(site, platform, time, dockerSocket ?? DockerEngine.DefaultSocket());

    /// <summary>Injects the fault. The same one on the same service, if on record, is taken back first: a repair may have ended it already.</summary>
    /// <param name="name">A name from <see cref="SiteFaultCatalog"/>.</param>
    /// <param name="target">A service of the site; null means the fault's default target.</param>
    /// <param name="cancellationToken">Ends the wait; what was done by then is on record, and the watchdog takes it back when this process ends.</param>
    /// <exception cref="QuorateException">Unknown fault or target, wrong platform, not a lab, a fault that it cannot be combined with, or something it needs is missing.</exception>
    /// <exception cref="PlatformException">The effect failed; what was done of it has been taken back, or is on record when that failed too.</exception>
    public async Task<FaultReceipt> InjectAsync(string name, string? target, CancellationToken cancellationToken)
    {
        ISiteFault fault = SiteFaultCatalog.Find(name);
        ServiceSpec spec = Check(fault, target ?? fault.TargetOn(site));
        using IDisposable turn = await records.TakeTurnAsync(time, cancellationToken);
        await RevertRecordedAsync(r => r.Name == fault.Name && r.Target == spec.Name, cancellationToken);
        await RefuseOverlapAsync(fault, spec.Name, cancellationToken);
        IReadOnlyDictionary<string, string> values = await fault.PrepareAsync(Context, spec, cancellationToken);
        StartWatchdog?.Invoke();
        FaultReceipt receipt = Record(fault, spec, values);
        records.Write(receipt);
        try
        {
            using (FaultProcesses.Mark(receipt))
            {
                await fault.ApplyAsync(Context, receipt, cancellationToken);
            }
            receipt = receipt with { Applied = true, Owner = Owner };
            records.Write(receipt);
            return receipt;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await TakeBackAsync(fault, receipt, cancellationToken);
            throw;
        }
    }

    /// <summary>
    /// Takes back the faults of this name, or all (null), newest first, and answers those it took back. Doing it again
    /// does nothing. A fault that cannot be reverted stays on record and does not keep the others from it. Each is told
    /// (<paramref name="told"/>) as soon as it is done.
    /// </summary>
    /// <exception cref="QuorateException">Unknown name; or the platform cannot be reached.</exception>
    /// <exception cref="PlatformException">At least one fault could not be reverted.</exception>
    public async Task<IReadOnlyList<FaultReceipt>> RevertAsync(string? name, CancellationToken cancellationToken, Func<FaultReceipt, Task>? told = null)
    {
        if (name is not null)
        {
            SiteFaultCatalog.Find(name);
        }
        return records.Read().Count == 0 ? [] : await RevertWhereAsync(r => name is null || r.Name == name, cancellationToken, told);
    }

    /// <summary>Takes back this very fault; none when that has happened already.</summary>
    /// <exception cref="PlatformException">It could not be reverted.</exception>
    public Task<IReadOnlyList<FaultReceipt>> RevertOneAsync(FaultReceipt receipt, CancellationToken cancellationToken, Func<FaultReceipt, Task>? told = null) =>
        RevertWhereAsync(r => r.EffectKey == receipt.EffectKey, cancellationToken, told);

    /// <summary>The faults on record, newest first.</summary>
    public Task<IReadOnlyList<FaultReceipt>> ActiveAsync() => Task.FromResult(records.Read());

    /// <summary>What is on record of the sites of this Compose file, which may be gone, in a folder of sites' states.</summary>
    public static IReadOnlyList<FaultReceipt> FindRecords(string sitesDirectory, string composeFile) =>
        Directory.EnumerateDirectories(sitesDirectory)
            .SelectMany(folder => new FaultRecords(folder, Path.GetFileName(folder)).Read())
            .Where(r => r.ComposeFile == composeFile)
            .ToList();

    internal async Task<IReadOnlyList<FaultReceipt>> RevertWhereAsync(Func<FaultReceipt, bool> wanted, CancellationToken cancellationToken, Func<FaultReceipt, Task>? told = null)
    {
        using IDisposable turn = await records.TakeTurnAsync(time, cancellationToken);
        return await RevertRecordedAsync(wanted, cancellationToken, told);
    }

    private async Task<IReadOnlyList<FaultReceipt>> RevertRecordedAsync(Func<FaultReceipt, bool> wanted, CancellationToken cancellationToken, Func<FaultReceipt, Task>? told = null)
    {
        var reverted = new List<FaultReceipt>();
        var failures = new List<Exception>();
        foreach (FaultReceipt receipt in records.Read().Where(wanted))
        {
            try
            {
                FaultProcesses.EndUnfinished(receipt);
                await SiteFaultCatalog.Find(receipt.Name).RevertAsync(Context, receipt, cancellationToken);
                FaultReceipt done = receipt with { RevertedAt = time.GetUtcNow() };
                // Before the record goes: who cannot be told now is told when it is done again.
                await (told?.Invoke(done) ?? Task.CompletedTask);
                records.Remove(receipt);
                reverted.Add(done);
            }
            catch (QuorateException missing) when (missing.Kind == ErrorKind.Missing)
            {
                // What is missing for one is missing for all.
                throw;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                failures.Add(new PlatformException($"{receipt.Name} on {receipt.Target}: {failure.Message}", retryable: true, failure));
            }
        }
        return failures.Count == 0 ? reverted : throw new PlatformException(
            $"could not revert: {string.Join("; ", failures.Select(f => f.Message))}", retryable: true, failures[0]);
    }

    /// <summary>When this fails too the record stays, for a later revert: the first failure is the one to report.</summary>
    private async Task TakeBackAsync(ISiteFault fault, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        try
        {
            await fault.RevertAsync(Context, receipt, cancellationToken);
            records.Remove(receipt);
        }
        catch (Exception failure) when (failure is PlatformException or QuorateException or IOException)
        {
            return;
        }
    }

    private FaultReceipt Record(ISiteFault fault, ServiceSpec spec, IReadOnlyDictionary<string, string> values)
    {
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan duration = Duration ?? fault.MaxDuration;
        return new FaultReceipt
        {
            Name = fault.Name,
            Target = spec.Name,
            SiteId = site.Id,
            Platform = platform.Name,
            InjectedAt = now,
            EffectKey = string.Create(CultureInfo.InvariantCulture, $"fault-{fault.Name}-{now.UtcTicks:x}"),
            Values = values,
            Deadline = now + (duration < LongestDuration ? duration : LongestDuration),
            Owner = FaultOwner.Current,
            Applied = false,
            ComposeFile = site.ComposeFile,
        };
    }

    private ServiceSpec Check(ISiteFault fault, string target)
    {
        if (!site.Lab && !anySite)
        {
            throw QuorateException.Input("not_a_lab", $"{site.ComposeFile} is not marked as a lab (x-quorate: lab: true); faults would break real services",
                "say --i-know to do it all the same");
        }
        if (!fault.Platforms.Contains(platform.Name))
        {
            throw QuorateException.Input("fault_not_on_platform",
                $"fault {fault.Name} works on {string.Join(" and ", fault.Platforms)}, not on {platform.Name}");
        }
        return site.Find(target) ?? throw QuorateException.Input("unknown_service",
            $"target {target} is not a service of {site.Name}; there are {string.Join(", ", site.Services.Select(s => s.Name))}");
    }

    /// <summary>One on record that a repair has ended is taken off it.</summary>
    private async Task RefuseOverlapAsync(ISiteFault fault, string target, CancellationToken cancellationToken)
    {
        foreach (FaultReceipt active in records.Read().Where(r => r.Target == target))
        {
            string held = SiteFaultCatalog.Find(active.Name).Resource;
            if (held == fault.Resource || held == FaultResources.Service || fault.Resource == FaultResources.Service)
            {
                if (await IsOverAsync(active, cancellationToken))
                {
                    await RevertRecordedAsync(r => r.EffectKey == active.EffectKey, cancellationToken);
                    continue;
                }
                throw QuorateException.Input("faults_overlap",
                    $"{fault.Name} on {target} cannot be combined with {active.Name}, which is active there: {(held == fault.Resource ? $"both change its {held}" : "one of them takes the whole service")}",
                    $"quorate fault revert {active.Name}");
            }
        }
    }

    private async Task<bool> IsOverAsync(FaultReceipt receipt, CancellationToken cancellationToken)
    {
        try
        {
            return receipt.Applied && !await SiteFaultCatalog.Find(receipt.Name).IsInEffectAsync(Context, receipt, cancellationToken);
        }
        catch (PlatformException)
        {
            // Nobody can look: it may be there.
            return false;
        }
    }
}
