using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Tests.Integration.Processes;

public sealed class ProcessSiteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Up_OfASite_StartsInDependencyOrderOnceHealthy()
    {
        using var health = new HealthServer();
        await using var site = new ProcessSite($"""
            services:
              edge: {Sleep("[api]")}
              api: {Sleep("{db: {condition: service_healthy}, setup: {condition: service_completed_successfully}}")}
              setup: {Command("[]", "[/bin/sh, -c, 'exit 0']")}
              db: {Command("[]", "[/bin/sleep, '600']", $", health: 'http://127.0.0.1:{health.Port}/'")}
              spare: {Sleep("[], scale: 0")}
            """);
        var lines = new Lines();
        var up = site.Platform.UpAsync(lines, Token);
        await ProcessSite.PollAsync(async () => (await site.ObserveAsync("db")).State == ServiceState.Running && health.Asked > 1, "db runs");
        Assert.Equal(ServiceState.Missing, (await site.ObserveAsync("api")).State);
        health.Status = 200;
        await up;
        var states = await site.Platform.ObserveAsync(Token);
        Assert.Equal(["edge Running", "api Running", "setup Stopped", "db Running", "spare Missing"], states.Select(s => $"{s.Name} {s.State}"));
        using (var later = site.NewPlatform())
        {
            Assert.Equal(0, (await site.ObserveAsync("setup", later)).ExitCode);
        }

        var told = lines.All;
        Assert.True(told.FindIndex(l => l.StartsWith("db: healthy", StringComparison.Ordinal)) < told.IndexOf("api: started"));
        Assert.True(told.IndexOf("api: started") < told.IndexOf("edge: started"));

        var before = states.Select(s => s.Pid).ToList();
        await site.Platform.UpAsync(lines, Token);
        Assert.Equal(before, (await site.Platform.ObserveAsync(Token)).Select(s => s.Pid));
        Assert.Contains("api: runs already", lines.All);
        await site.Platform.DownAsync(lines, Token);
        Assert.All(await site.Platform.ObserveAsync(Token), s => Assert.Equal(ServiceState.Missing, s.State));
        Assert.True(File.Exists(Path.Combine(site.State, "logs/db.log")));
    }

    [Fact]
    public async Task Up_OfAServiceThatNeverGetsHealthy_TellsItsLogAndStartsNoDependant()
    {
        await using var site = new ProcessSite($"""
            services:
              api: {Sleep("{db: {condition: service_healthy}}")}
              db: {Command("[]", "[/bin/sh, -c, 'sleep 1; echo the disk is broken; exit 4']", ", health: 'http://127.0.0.1:1/'")}
            """);
        var error = await Assert.ThrowsAsync<QuorateException>(() => site.Platform.UpAsync(null, Token));
        Assert.Equal((ErrorKind.Missing, "site_not_up"), (error.Kind, error.Code));
        Assert.Contains("exit code 4", error.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is broken", error.Message, StringComparison.Ordinal);
        Assert.Equal(ServiceState.Missing, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task Down_OfASite_LeavesAnotherSiteAlone()
    {
        await using var one = new ProcessSite($"services: {{api: {Sleep("[]")}}}");
        await using var other = new ProcessSite($"services: {{api: {Sleep("[]")}}}");
        await one.Platform.UpAsync(null, Token);
        await other.Platform.UpAsync(null, Token);
        await one.Platform.DownAsync(null, Token);
        Assert.Equal(ServiceState.Missing, (await one.ObserveAsync("api")).State);
        Assert.Equal(ServiceState.Running, (await other.ObserveAsync("api")).State);
    }

    private static string Sleep(string dependsOn) => Command(dependsOn, "[/bin/sleep, '600']");

    private static string Command(string dependsOn, string command, string more = "") => $"{{depends_on: {dependsOn}, x-quorate: {{command: {command}{more}}}}}";

    private sealed class Lines : IProgress<string>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public List<string> All => [.. _lines];

        public void Report(string value) => _lines.Enqueue(value);
    }

    /// <summary>Answers every request with Status, 503 at first.</summary>
    private sealed class HealthServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public HealthServer()
        {
            _listener.Start();
            _ = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Status { get; set; } = 503;

        public int Asked { get; private set; }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    _ = await stream.ReadAsync(new byte[4096]);
                    Asked++;
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {Status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
