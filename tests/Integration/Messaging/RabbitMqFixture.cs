using System.Diagnostics;
using System.Net.Sockets;
using Quorate.Tests.Integration.Docker;

namespace Quorate.Tests.Integration.Messaging;

/// <summary>A RabbitMQ broker of its own: own ports, own folder, on loopback only. It can be killed and started again.</summary>
public sealed class RabbitMqFixture : IAsyncLifetime
{
    private const string Bin = "/usr/lib/rabbitmq/bin/";
    private const string How = "Run eng/ensure-rabbitmq.sh as root: it installs what these tests need.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("quorate-rabbit-").FullName;
    private readonly int[] ports = FreePorts.Find(3);
    private Process? server;

    public Uri Address => new($"amqp://guest:guest@127.0.0.1:{ports[0]}/");

    public Uri WrongAddress => new($"amqp://guest:wrong@127.0.0.1:{ports[0]}/");

    public async ValueTask InitializeAsync()
    {
        Assert.True(File.Exists(Bin + "rabbitmq-server"), $"RabbitMQ is not installed. {How}");
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), $"""
            listeners.tcp.1 = 127.0.0.1:{ports[0]}
            log.console = true
            log.file = false
            disk_free_limit.absolute = 50MB

            """);
        File.WriteAllText(Path.Combine(folder, "rabbitmq-env.conf"), "");
        foreach (var name in new[] { "mnesia", "log", "home" })
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
        }

        await Command.MustAsync("chown", ["-R", "rabbitmq:", folder], null);
        await StartAsync();
    }

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid=rabbitmq", "--regid=rabbitmq", "--init-groups", Bin + "rabbitmq-server"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        foreach (var (name, value) in Variables())
        {
            start.Environment[name] = value;
        }

        server = Process.Start(start)!;
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await Wait.UntilAsync(IsListeningAsync, Patience, "the broker listens");
    }

    /// <summary>SIGKILL to the broker, as a power cut would end it.</summary>
    public async Task KillAsync()
    {
        foreach (var process in Own(program: "beam.smp"))
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await server!.WaitForExitAsync(TestContext.Current.CancellationToken);
        server.Dispose();
    }

    public Task ControlAsync(params string[] arguments) =>
        Command.MustAsync("setpriv", ["--reuid=rabbitmq", "--regid=rabbitmq", "--init-groups", Bin + "rabbitmqctl", .. arguments], folder, [.. Variables()]);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Own(program: null))
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        server?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private IEnumerable<(string Name, string Value)> Variables() =>
    [
        ("HOME", Path.Combine(folder, "home")),
        ("RABBITMQ_NODENAME", $"quorate{ports[0]}@localhost"),
        ("RABBITMQ_DIST_PORT", ports[1].ToString()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1"),
        ("ERL_EPMD_PORT", ports[2].ToString()),
        ("RABBITMQ_MNESIA_BASE", Path.Combine(folder, "mnesia")),
        ("RABBITMQ_LOG_BASE", Path.Combine(folder, "log")),
        ("RABBITMQ_CONFIG_FILE", Path.Combine(folder, "rabbitmq.conf")),
        ("RABBITMQ_CONF_ENV_FILE", Path.Combine(folder, "rabbitmq-env.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(folder, "enabled_plugins")),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} -setcookie c"),
        ("RABBITMQ_CTL_ERL_ARGS", "-setcookie c"),
    ];

    private async Task<bool> IsListeningAsync()
    {
        Assert.False(server!.HasExited, $"the broker ended with {(server.HasExited ? server.ExitCode : 0)} as soon as it was started");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", ports[0], TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // The processes whose environment names this folder, and no others.
    private IEnumerable<Process> Own(string? program)
    {
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), out var pid) && pid != Environment.ProcessId
                && Read(entry, "environ").Contains(folder, StringComparison.Ordinal)
                && (program is null || Read(entry, "cmdline").Contains(program, StringComparison.Ordinal))
                && Find(pid) is { } process)
            {
                yield return process;
            }
        }
    }

    private static string Read(string entry, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or not ours to look at.
            return "";
        }
    }

    private static Process? Find(int pid)
    {
        try
        {
            return Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

[CollectionDefinition(Name)]
public sealed class RabbitMqTestGroup : ICollectionFixture<RabbitMqFixture>
{
    public const string Name = "rabbitmq";
}

/// <summary>Looks again and again, for so long and no longer.</summary>
internal static class Wait
{
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan patience, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < patience, $"within {patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> condition, TimeSpan patience, string what) => UntilAsync(() => Task.FromResult(condition()), patience, what);
}
