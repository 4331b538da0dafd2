using System.Text;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>A service's process as found: its root and everything that it started.</summary>
internal sealed record FoundService(ProcessStat Root, IReadOnlyList<ProcessStat> Members, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> CommandLine)
{
    public string? EffectKey => Environment.GetValueOrDefault(Markers.Effect);

    /// <summary>Between the start and the moment the program itself has taken over.</summary>
    public bool IsStarting => CommandLine.Contains(ProcessStarter.Script);
}

/// <summary>All marked processes of a service; Root is null when only left-over children are there.</summary>
internal sealed record MarkedProcesses(FoundService? Root, IReadOnlyList<ProcessStat> All);

/// <summary>Finds a site's processes again by the markers in <c>/proc/PID/environ</c>: the processes themselves are the state.</summary>
internal sealed class ProcessFinder(Site site)
{
    private readonly byte[] _siteMarker = Encoding.UTF8.GetBytes($"{Markers.Site}={site.Id}\0");

    /// <summary>By service name, also of services that the file no longer declares.</summary>
    public IReadOnlyDictionary<string, MarkedProcesses> FindAll()
    {
        var byService = new Dictionary<string, List<ProcessStat>>();
        var stats = new Dictionary<int, ProcessStat>();
        foreach (var pid in ProcFs.ListPids())
        {
            if (ProcFs.ReadStat(pid) is not { IsGone: false } stat)
            {
                continue;
            }

            stats[pid] = stat;
            if (ReadService(pid) is { } service)
            {
                if (!byService.TryGetValue(service, out var list))
                {
                    byService[service] = list = [];
                }

                list.Add(stat);
            }
        }

        return byService.ToDictionary(s => s.Key, s => new MarkedProcesses(FindRoot(s.Key, s.Value, stats), s.Value));
    }

    public MarkedProcesses Find(string service) => FindAll().GetValueOrDefault(service) ?? new MarkedProcesses(null, []);

    private string? ReadService(int pid)
    {
        // Most processes of a machine are not ours: look for the marker in the raw block first.
        if (ProcFs.ReadEnvironmentBlock(pid) is not { } block || block.AsSpan().IndexOf(_siteMarker) < 0)
        {
            return null;
        }

        var environment = ProcFs.ReadEnvironment(pid);
        return environment.GetValueOrDefault(Markers.Site) == site.Id ? environment.GetValueOrDefault(Markers.Service) : null;
    }

    /// <summary>
    /// The process whose parent is not of the service. Children inherit the markers, so those that have lost their
    /// parent (their session's first process is dead, they lead no group and run something else) are left-overs of a
    /// dead service, not the service.
    /// </summary>
    private FoundService? FindRoot(string service, List<ProcessStat> marked, Dictionary<int, ProcessStat> stats)
    {
        var pids = marked.Select(m => m.Identity.Pid).ToHashSet();
        var declared = site.Find(service)?.Process?.Command;
        var root = marked
            .Where(m => !pids.Contains(m.Parent))
            .Select(m => (Stat: m, Rank: Rank(m, declared, stats)))
            .Where(c => c.Rank < LeftOver)
            .OrderBy(c => c.Rank)
            .ThenBy(c => c.Stat.Identity.StartTicks)
            .Select(c => c.Stat)
            .FirstOrDefault();
        if (root is null)
        {
            return null;
        }

        var environment = ProcFs.ReadEnvironment(root.Identity.Pid);
        var command = ProcFs.ReadCommandLine(root.Identity.Pid);
        // The pid may have been given away between the two reads.
        if (environment.GetValueOrDefault(Markers.Service) != service || !ProcFs.IsAlive(root.Identity))
        {
            return null;
        }

        var members = marked.Concat(stats.Values.Where(s => s.Group == root.Identity.Pid)).DistinctBy(m => m.Identity).ToList();
        return new FoundService(root, members, environment, command);
    }

    private const int LeftOver = 4;

    private static int Rank(ProcessStat stat, IReadOnlyList<string>? declared, Dictionary<int, ProcessStat> stats)
    {
        var pid = stat.Identity.Pid;
        if (stat.Session == pid || stat.Group == pid)
        {
            return stat.Session == pid ? 0 : 1;
        }

        if (declared is not null && ProcFs.ReadCommandLine(pid).SequenceEqual(declared))
        {
            return 2;
        }

        // Session 0: its first process is outside of this pid namespace, which says nothing about its life.
        return stat.Session == 0 || stats.ContainsKey(stat.Session) ? 3 : LeftOver;
    }
}
