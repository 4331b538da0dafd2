using System.Diagnostics;
using Quorate.Contracts.Placing;

namespace Quorate.Tests.Integration.Slurm;

/// <summary>A real slurmctld with three nodes emulated on this machine: n1 and n2 in the partition work, n3 with GPUs in the partition gpu.</summary>
public sealed class SlurmCluster : IAsyncLifetime
{
    private static readonly string[] NodeNames = ["n1", "n2", "n3"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, Process> _daemons = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("quorate-slurm-").FullName;

    public string ConfigFile => Path.Combine(Folder, "slurm.conf");

    public ClusterSpec Cluster { get; } = new()
    {
        Name = "emulated",
        Agents =
        [
            new AgentSpec { Name = "WORK_SPECIALIST", Speciality = "compute", Nodes = 2, Node = new NodeSpec { CpuCores = 4, MemoryGb = 4 }, Partition = "work" },
            new AgentSpec { Name = "gpu", Speciality = "gpu", Nodes = 1, Node = new NodeSpec { CpuCores = 4, MemoryGb = 4, Gpus = 2 } },
        ],
    };

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Slurm's daemons need Linux");
        }

        // Daemons as root, jobs as whoever submits: everybody must be able to come here.
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        foreach (var name in NodeNames.Select(n => $"spool/{n}").Append("state").Append("log"))
        {
            Directory.CreateDirectory(Path.Combine(Folder, name));
        }

        await File.WriteAllTextAsync(ConfigFile, Config(FreePorts.Find(1 + NodeNames.Length)));
        await File.WriteAllTextAsync(Path.Combine(Folder, "gres.conf"), "NodeName=n3 Name=gpu File=/dev/tty[0-1]\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, "cgroup.conf"), "CgroupPlugin=cgroup/v1\n");
        StartController("-i", "-c");
        foreach (var node in NodeNames)
        {
            Start(node, "slurmd", "-D", "-N", node);
        }

        await UntilAsync(async () => (await RunAsync("sinfo", "-h", "-N", "-o", "%T")).Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: 3 } states && states.All(s => s == "idle"), "the nodes are idle");
    }

    public void StartController(params string[] more) => Start("controller", "slurmctld", ["-D", .. more]);

    /// <summary>SIGKILL, as a crash would.</summary>
    public void KillController() => Kill("controller");

    /// <summary>Runs one of Slurm's own commands and gives what it printed, errors included.</summary>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["SLURM_CONF"] = ConfigFile } };
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return await output + await error;
    }

    public async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                Assert.Fail($"not within {Patience.TotalSeconds} s: {what}\n{await RunAsync("squeue", "--all", "--states=all")}{await RunAsync("sinfo", "-N", "-o", "%N %T %E")}{string.Join('\n', File.ReadLines(Path.Combine(Folder, "log/controller.log")).TakeLast(30))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemons.ContainsKey("controller"))
        {
            await RunAsync("scancel", "--me", "--signal=KILL", "--full");
        }

        foreach (var name in _daemons.Keys.ToList())
        {
            Kill(name);
        }

        KillLeftovers();
        Directory.Delete(Folder, recursive: true);
    }

    private void Start(string name, string program, params string[] arguments)
    {
        Assert.True(Environment.IsPrivilegedProcess && File.Exists($"/usr/sbin/{program}"), $"{program} must be installed and these tests run as root: test.sh does both");
        // The daemons' own words go to a file: nobody reads their pipes.
        var info = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >>\"$LOG\" 2>&1 </dev/null", "sh", $"/usr/sbin/{program}", .. arguments])
        {
            Environment = { ["SLURM_CONF"] = ConfigFile, ["LOG"] = Path.Combine(Folder, "log", name + ".out") },
        };
        _daemons[name] = Process.Start(info)!;
    }

    private void Kill(string name)
    {
        if (_daemons.Remove(name, out var process))
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    /// <summary>slurmstepd and jobs outlive slurmd; they are known by the configuration that they were started with.</summary>
    private void KillLeftovers()
    {
        var mark = $"SLURM_CONF={ConfigFile}\0";
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    if (process.Id != Environment.ProcessId && (File.ReadAllText($"/proc/{process.Id}/environ") + "\0").Contains(mark, StringComparison.Ordinal))
                    {
                        process.Kill();
                    }
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
                {
                    // Gone by itself.
                }
            }
        }
    }

    private string Config(int[] ports)
    {
        var host = Environment.MachineName.Split('.')[0];
        var nodes = NodeNames.Select((n, i) => $"NodeName={n} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[i + 1]} CPUs=4 RealMemory=4096{(n == "n3" ? " Gres=gpu:2" : "")}");
        return $"""
            ClusterName=quorate
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={ports[0]}
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/none
            AuthInfo=cred_expire=5
            CredType=cred/none
            EnforcePartLimits=ALL
            CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
            MpiDefault=none
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            AccountingStorageType=accounting_storage/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core_Memory
            SchedulerParameters=batch_sched_delay=0,sched_interval=1
            SlurmdParameters=config_overrides
            GresTypes=gpu
            ReturnToService=1
            SlurmdTimeout=30
            MessageTimeout=5
            KillWait=1
            MinJobAge=300
            StateSaveLocation={Folder}/state
            SlurmdSpoolDir={Folder}/spool/%n
            SlurmctldPidFile={Folder}/controller.pid
            SlurmdPidFile={Folder}/slurmd-%n.pid
            SlurmctldLogFile={Folder}/log/controller.log
            SlurmdLogFile={Folder}/log/slurmd-%n.log
            {string.Join('\n', nodes)}
            PartitionName=work Nodes=n1,n2 Default=YES State=UP
            PartitionName=gpu Nodes=n3 State=UP

            """;
    }
}
