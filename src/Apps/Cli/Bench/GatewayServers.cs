using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Quorate.Cli.Common;
using Quorate.Contracts;

namespace Quorate.Cli.Bench;

/// <summary>The stub and the gateway before it, each a process of its own on loopback. The gateway is <c>quorate up</c> with the cache off, as every request would hit it.</summary>
internal sealed class GatewayServers : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-bench-").FullName;
    private readonly List<Process> _processes = [];

    public int StubPort { get; private set; }

    public int GatewayPort { get; private set; }

    /// <summary>Most resident memory of the gateway so far, MiB (VmHWM of proc(5)).</summary>
    public double PeakMemoryMb => Field("VmHWM:");

    public double MemoryMb => Field("VmRSS:");

    /// <param name="models">Models of the stub; members have the same names.</param>
    /// <param name="time">The clock.</param>
    /// <param name="token">Ends the waiting.</param>
    public static async Task<GatewayServers> StartAsync(IReadOnlyCollection<string> models, TimeProvider time, CancellationToken token)
    {
        var servers = new GatewayServers();
        try
        {
            await servers.BeginAsync(models, time, token);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task BeginAsync(IReadOnlyCollection<string> models, TimeProvider time, CancellationToken token)
    {
        var ports = FreePorts.Find(2);
        (StubPort, GatewayPort) = (ports[0], ports[1]);
        var config = Path.Combine(_folder, "quorate.json");
        await File.WriteAllTextAsync(config, Config(models), token);
        Start(["bench", "gateway-stub", "--port", StubPort.ToString(CultureInfo.InvariantCulture)]);
        await WaitAsync(StubPort, time, token);
        Start(["up", "--config", config, "--home", Path.Combine(_folder, "home"), "--urls", $"http://127.0.0.1:{GatewayPort}"]);
        await WaitAsync(GatewayPort, time, token);
    }

    private string Config(IReadOnlyCollection<string> models) => JsonSerializer.Serialize(new
    {
        models = models.ToDictionary(m => m, m => new { endpoint = $"http://127.0.0.1:{StubPort}/v1", model = m, timeout_s = 120 }),
        ask = new { cache = "off", concurrency = 1_024 },
        server = new { requests_per_minute = 1_000_000 },
    });

    private void Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        var process = Process.Start(start) ?? throw QuorateException.Missing("bench_server", $"{start.FileName} does not start");
        _processes.Add(process);
        // What it says is of no interest, but a full pipe would stop it.
        process.BeginOutputReadLine();
    }

    private async Task WaitAsync(int port, TimeProvider time, CancellationToken token)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, token);
                return;
            }
            catch (SocketException error)
            {
                if (time.GetElapsedTime(began) > StartLimit || _processes[^1].HasExited)
                {
                    throw QuorateException.Missing("bench_server", $"nothing listens on port {port}: {error.Message}", inner: error);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(50), time, token);
            }
        }
    }

    private double Field(string name)
    {
        var line = File.ReadLines($"/proc/{_processes[^1].Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return Math.Round(double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024, 1);
    }
}
