using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;

namespace Quorate.Tests.Unit.Baseline;

public sealed class BaselineFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quorate-baseline-");
    private readonly Site _site;

    public BaselineFileTests()
    {
        var compose = Path.Combine(_folder.FullName, "compose.yml");
        File.WriteAllText(compose, "services: {}\n");
        _site = new Site { Name = "shop", Id = "shop-00000000", ComposeFile = compose, Services = [] };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Save_ThenFind_GivesTheSameAndIsPrivate()
    {
        var baseline = Baseline();
        await BaselineFile.SaveAsync(_folder.FullName, baseline, Token);
        var found = await BaselineFile.FindAsync(_folder.FullName, _site, "docker", Token);
        Assert.Equal("40", found!.Configuration!.Find("db")!.Items["setting/Max_Connections"]);
        Assert.Equal(["setting"], found.Configuration.Find("db")!.Areas);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.FullName, BaselineFile.Name)));
        }

        Assert.Equal(2, _folder.GetFiles().Length);
        Assert.Equal(baseline.RecordedAt, found.Since);
    }

    [Fact]
    public async Task Save_HealthyAgain_LaterThanRecorded()
    {
        var baseline = Baseline();
        await BaselineFile.SaveAsync(_folder.FullName, baseline with { HealthyAt = baseline.RecordedAt.AddHours(1) }, Token);
        Assert.Equal(baseline.RecordedAt.AddHours(1), (await BaselineFile.FindAsync(_folder.FullName, _site, "docker", Token))!.Since);
    }

    [Fact]
    public async Task Find_OtherDeclarationPlatformOrBrokenFile_None()
    {
        Assert.Null(await BaselineFile.FindAsync(_folder.FullName, _site, "docker", Token));
        await BaselineFile.SaveAsync(_folder.FullName, Baseline(), Token);
        Assert.Null(await BaselineFile.FindAsync(_folder.FullName, _site, "process", Token));
        File.AppendAllText(_site.ComposeFile, "# changed\n");
        Assert.Null(await BaselineFile.FindAsync(_folder.FullName, _site, "docker", Token));
        File.WriteAllText(Path.Combine(_folder.FullName, BaselineFile.Name), "{ half");
        Assert.Null(await BaselineFile.FindAsync(_folder.FullName, _site, "docker", Token));
    }

    [Fact]
    public void DifferencesFrom_AreaThatWasNotRead_IsNoDifference()
    {
        var healthy = Configuration(("setting/a", "1"), ("grant/b", "x"));
        var now = Configuration(("setting/a", "2"));
        Assert.Equal([new ConfigurationDifference("db", "setting/a", "1", "2")], now.DifferencesFrom(healthy));
    }

    private HealthyBaseline Baseline() => new()
    {
        Version = HealthyBaseline.CurrentVersion,
        SiteId = _site.Id,
        ComposeHash = HealthyBaseline.HashOf(_site),
        Platform = "docker",
        RecordedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Configuration = Configuration(("setting/Max_Connections", "40")),
        Services = [],
    };

    private static SiteConfiguration Configuration(params (string Key, string Value)[] items) => new()
    {
        TakenAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Services =
        [
            new ServiceConfiguration
            {
                Service = "db",
                Kind = "postgresql",
                Items = items.ToDictionary(i => i.Key, i => i.Value),
                Areas = [.. items.Select(i => ConfigurationDifference.AreaOf(i.Key)).Distinct()],
            },
        ],
    };
}
