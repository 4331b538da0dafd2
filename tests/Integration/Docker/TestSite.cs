using System.Security.Cryptography;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Tests.Integration.Docker;

/// <summary>A Compose project of its own name in a folder of its own; disposing it removes all of it from the Engine.</summary>
internal sealed class TestSite : IAsyncDisposable
{
    public const string Label = "com.docker.compose.project=";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quorate-site-");

    public TestSite(string compose, params ServiceSpec[] services)
    {
        var name = "quorate-test-" + RandomNumberGenerator.GetHexString(10, lowercase: true);
        var file = WriteFile("compose.yml", compose);
        Site = new Site { Name = name, Id = name + "-00000000", ComposeFile = file, Services = services };
        Platform = new DockerPlatform(Site, new DockerOptions { StopGrace = TimeSpan.FromSeconds(1) }, TimeProvider.System);
    }

    public Site Site { get; }

    public DockerPlatform Platform { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string WriteFile(string name, string text) => WriteFile(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string WriteFile(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The user's own Compose at a terminal in the site's folder.</summary>
    public async Task ComposeAsync(IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var plugin = (await Command.RunAsync("docker", ["compose", "version"], null)).Exit == 0;
        await Command.MustAsync(
            plugin ? "docker" : "docker-compose", [.. plugin ? ["compose"] : Array.Empty<string>(), "-f", Site.ComposeFile, "-p", Site.Name, .. arguments], _folder.FullName, environment);
    }

    public async Task<ServiceObservation> ObserveAsync(string service) => (await Platform.ObserveAsync(Token)).Single(o => o.Name == service);

    public Task<ServiceObservation> UntilAsync(string service, Func<ServiceObservation, bool> holds) => UntilAsync(() => ObserveAsync(service), holds);

    /// <summary>Reads until the condition holds; fails with what was read last.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> holds)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await read();
            if (holds(seen))
            {
                return seen;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Longest, $"not reached within {Longest}: {seen}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }
    }

    /// <summary>Ids of what the Engine still has of the project: containers and networks.</summary>
    public async Task<string[]> LeftoversAsync() =>
        [.. await IdsAsync("ps", "-aq"), .. await IdsAsync("network", "ls", "-q")];

    public async ValueTask DisposeAsync()
    {
        Platform.Dispose();
        await RemoveAsync(["rm", "-f", "-v"], await IdsAsync("ps", "-aq"));
        await RemoveAsync(["network", "rm"], await IdsAsync("network", "ls", "-q"));
        await RemoveAsync(["volume", "rm"], await IdsAsync("volume", "ls", "-q"));
        _folder.Delete(recursive: true);
    }

    private static async Task RemoveAsync(string[] command, string[] ids)
    {
        if (ids.Length > 0)
        {
            await Command.MustAsync("docker", [.. command, .. ids], null);
        }
    }

    private async Task<string[]> IdsAsync(params string[] command) =>
        (await Command.MustAsync("docker", [.. command, "--filter", "label=" + Label + Site.Name], null)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
