using System.Diagnostics;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Compose;
using Quorate.Platforms.Processes;

namespace Quorate.Tests.Integration.Processes;

/// <summary>A site of small real programs in a temporary folder; its processes, mounts and files go with the test.</summary>
internal sealed class ProcessSite : IAsyncDisposable
{
    public static readonly bool IsRoot = Environment.UserName == "root";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly Dictionary<string, string> NoEnvironment = [];

    public ProcessSite(string compose)
    {
        Folder = Directory.CreateTempSubdirectory("quorate-site-").FullName;
        var file = Path.Combine(Folder, "compose.yaml");
        File.WriteAllText(file, compose);
        Site = ComposeLoader.Load(file, NoEnvironment);
        Platform = NewPlatform();
    }

    public string Folder { get; }

    public string State => Path.Combine(Folder, "state");

    public Site Site { get; }

    public ProcessPlatform Platform { get; }

    /// <summary>A platform that knows nothing of the first one, as after a restart.</summary>
    public ProcessPlatform NewPlatform() => new(Site, State, TimeProvider.System, TimeSpan.FromMilliseconds(500));

    public async Task<ServiceObservation> ObserveAsync(string service, ProcessPlatform? platform = null) =>
        (await (platform ?? Platform).ObserveAsync(TestContext.Current.CancellationToken)).Single(o => o.Name == service);

    public Task StartAsync(string service, string effectKey = "first") => Platform.StartAsync(service, effectKey, TestContext.Current.CancellationToken);

    public static async Task PollAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Bound, $"not within {Bound}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public Task PollLogAsync(string service, string text) =>
        PollAsync(() => Task.FromResult(File.ReadAllText(Path.Combine(State, "logs", service + ".log")).Contains(text, StringComparison.Ordinal)), $"{text} in the log of {service}");

    /// <summary>Runs a program to its end; its exit code and output.</summary>
    public static (int ExitCode, string Output) Run(params string[] command)
    {
        var info = new ProcessStartInfo(command[0]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in command.Skip(1))
        {
            info.ArgumentList.Add(word);
        }

        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    public static void Must(params string[] command)
    {
        var (code, output) = Run(command);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {output}");
    }

    private List<string> Mounts() =>
        [.. File.ReadAllLines("/proc/self/mountinfo").Concat(File.ReadAllLines("/proc/self/mountinfo")).Select(l => l.Split(' ')[4]).Where(m => m.StartsWith(Folder + "/", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Platform.DownAsync(null, CancellationToken.None);
        }
        finally
        {
            Platform.Dispose();
            Run("chattr", "-R", "-i", Folder);
            // Read until there are none: a table that other tests change meanwhile can lack lines.
            var rounds = 0;
            for (var mounts = Mounts(); mounts.Count > 0 && rounds++ < 50; mounts = Mounts())
            {
                Run("umount", "-l", mounts[^1]);
            }

            Directory.Delete(Folder, recursive: true);
        }
    }
}
