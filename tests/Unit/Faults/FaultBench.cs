using Quorate.Contracts.Sites;
using Quorate.Faults;

namespace Quorate.Tests.Unit.Faults;

/// <summary>A small site on a fake platform, with a state folder of its own.</summary>
internal sealed class FaultBench : IDisposable
{
    public FaultBench(string platform = "process", bool lab = true)
    {
        Site = new Site
        {
            Name = "shop",
            Id = "shop-0123abcd",
            ComposeFile = Path.Combine(State, "compose.yml"),
            Lab = lab,
            Services =
            [
                Service("edge", ("API_URL", "http://api:7102"), ("API_URL", "http://127.0.0.1:7802"), dependsOn: ["api"]),
                Service("api", ("STORE_URL", "http://user@store:7103/v1"), ("STORE_URL", "http://user@127.0.0.1:7803/v1"), dependsOn: ["cache", "store"],
                    more: ("CACHE_ADDR", "cache:7104")),
                Service("cache", null, null),
                Service("store", null, null) with { Volumes = [new VolumeMount("data", "/data", false, "volume")] },
                Service("worker", null, null),
            ],
        };
        Platform = new FakePlatform(platform, Site);
    }

    public string State { get; } = Directory.CreateTempSubdirectory("quorate-faults-").FullName;

    public Site Site { get; }

    public FakePlatform Platform { get; }

    /// <summary>A new one each time, as another process would have it.</summary>
    public FaultInjector Injector(bool anySite = false, string? dockerSocket = null) =>
        new(Site, Platform, State, TimeProvider.System, anySite, dockerSocket);

    public void Dispose() => Directory.Delete(State, recursive: true);

    private static ServiceSpec Service(
        string name, (string, string)? declared, (string, string)? process, string[]? dependsOn = null, (string, string)? more = null)
    {
        var environment = Map(declared, more);
        return new ServiceSpec
        {
            Name = name,
            Environment = environment,
            DependsOn = (dependsOn ?? []).Select(d => new ServiceDependency(d, "service_healthy")).ToList(),
            Process = new ProcessSpec
            {
                Command = ["shop", name],
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string>(environment.Concat(Map(process)).GroupBy(p => p.Key).Select(g => g.Last())),
            },
        };
    }

    private static Dictionary<string, string> Map(params (string Key, string Value)?[] pairs) =>
        pairs.OfType<(string Key, string Value)>().ToDictionary(p => p.Key, p => p.Value);
}
