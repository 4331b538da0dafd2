using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Quorate.Tests.Integration.Shop;

/// <summary>The shop's services as child processes on free ports, with data in a temp folder. Disposing kills them all.</summary>
public sealed class ShopProcesses : IDisposable
{
    private static readonly string[] Roles = ["edge", "api", "store", "cache", "queue", "worker"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, int> ports = Roles.Zip(FreePorts.Find(Roles.Length)).ToDictionary(p => p.First, p => p.Second);
    private readonly Dictionary<string, Process> running = [];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    public static string Executable { get; } = FindExecutable();

    public string DataFolder { get; } = Directory.CreateTempSubdirectory("quorate-shop-").FullName;

    /// <summary>Every line that the services printed.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    public int Pid(string role) => running[role].Id;

    public Uri Url(string role, string path = "/") => new($"http://127.0.0.1:{ports[role]}{path}");

    public void StartAll()
    {
        foreach (string role in Roles)
        {
            Start(role);
        }
    }

    /// <param name="role">Which service.</param>
    /// <param name="overrides">Laid over the usual environment.</param>
    public void Start(string role, params (string Name, string Value)[] overrides)
    {
        var start = new ProcessStartInfo(Executable, [role]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SHOP_PORT"] = ports[role].ToString();
        start.Environment["DATA_DIR"] = Path.Combine(DataFolder, role);
        foreach (string other in Roles)
        {
            start.Environment[$"{other.ToUpperInvariant()}_URL"] = $"http://127.0.0.1:{ports[other]}";
        }
        foreach ((string name, string value) in overrides)
        {
            start.Environment[name] = value;
        }
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        running[role] = process;
    }

    public void Kill(string role)
    {
        if (running.Remove(role, out Process? process))
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string role, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, Url(role, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default);
    }

    public Task<(int Status, JsonElement Body)> OrderAsync(string item = "tea") =>
        SendAsync(HttpMethod.Post, "edge", "/orders", $$"""{"item":"{{item}}","quantity":2}""");

    public Task<string> MetricsAsync(string role) => client.GetStringAsync(Url(role, "/metrics"), TestContext.Current.CancellationToken);

    public Task WaitForStatusAsync(string role, string path, int status) =>
        UntilAsync(async () => (await SendAsync(HttpMethod.Get, role, path)).Status == status, $"{role}{path} to answer {status}");

    /// <summary>Polls until the condition holds; a refused connection counts as not yet.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"waited {Patience.TotalSeconds:0} s for {what}");
    }

    public void Dispose()
    {
        foreach (string role in running.Keys.ToArray())
        {
            Kill(role);
        }
        client.Dispose();
        Directory.Delete(DataFolder, recursive: true);
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            Lines.Enqueue(line);
        }
    }

    /// <summary>The newer of what was published and what this build made.</summary>
    private static string FindExecutable()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Quorate.slnx")))
        {
            directory = directory.Parent;
        }
        string artifacts = Path.Combine(directory!.FullName, "artifacts");
        return new[] { "publish/Quorate.Lab.Shop/release", "bin/Quorate.Lab.Shop/release", "bin/Quorate.Lab.Shop/debug" }
            .Select(folder => Path.Combine(artifacts, folder, "shop"))
            .Where(File.Exists)
            .MaxBy(path => File.GetLastWriteTimeUtc(path + ".dll"))
            ?? throw new FileNotFoundException($"no shop under {artifacts}: dotnet publish lab/shop -c Release");
    }
}
