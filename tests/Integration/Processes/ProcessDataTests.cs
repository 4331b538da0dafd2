using Quorate.Contracts.Sites;

namespace Quorate.Tests.Integration.Processes;

/// <summary>Data folders that cannot be written although the user may be root. Without root the faults cannot be made, and what is checked is the clear refusal.</summary>
public sealed class ProcessDataTests
{
    private const string Store = "services: {db: {x-quorate: {command: [/bin/sleep, '600'], data: [{path: data/db, files: ['*.db', 'log/*']}]}}}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ro")]
    [InlineData("size=64k,full")]
    public async Task UndeclaredMount_OverTheFolder_IsFoundDetachedAndPutBack(string options)
    {
        await using var site = await StartAsync();
        var folder = Folder(site);
        if (!Mount(site, folder, options))
        {
            return;
        }

        var problem = Assert.Single((await site.ObserveAsync("db")).DataProblems);
        Assert.True(problem.UndeclaredMount);
        Assert.Equal((folder, options == "ro" ? DataProblemKind.ReadOnly : DataProblemKind.Full), (problem.Path, problem.Kind));

        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.NotNull(token);
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(folder, "main.db")));
        Assert.Single(Directory.GetFiles(Path.Combine(site.State, "repairs")));
        Assert.Single(Directory.GetDirectories(Path.Combine(site.State, "quarantine")));
        using var resumed = site.NewPlatform();
        Assert.Equal(token, await resumed.RepairDataAsync("db", "effect", Token));

        await resumed.UndoDataRepairAsync("db", token, Token);
        Assert.Equal(problem, Assert.Single((await site.ObserveAsync("db")).DataProblems));
        await resumed.UndoDataRepairAsync("db", token, Token);
        Assert.Equal(problem, Assert.Single((await site.ObserveAsync("db")).DataProblems));
        Assert.NotNull(await resumed.RepairDataAsync("db", "second", Token));
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
    }

    [Fact]
    public async Task MountOverTheParent_HidingTheFolder_IsDetached()
    {
        await using var site = await StartAsync();
        if (!Mount(site, Path.Combine(site.Folder, "data"), "ro"))
        {
            return;
        }

        var problem = Assert.Single((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal((DataProblemKind.Missing, true), (problem.Kind, problem.UndeclaredMount));
        Assert.NotNull(await site.Platform.RepairDataAsync("db", "effect", Token));
        Assert.True(File.Exists(Path.Combine(Folder(site), "main.db")));
    }

    [Fact]
    public async Task ReadOnlyBindMount_OfTheFolderOnItself_IsDetachedAndPutBack()
    {
        await using var site = await StartAsync();
        if (!ProcessSite.IsRoot)
        {
            await AssertRefusedAsync(site);
            return;
        }

        ProcessSite.Must("mount", "--bind", Folder(site), Folder(site));
        ProcessSite.Must("mount", "-o", "remount,bind,ro", Folder(site));
        Assert.Equal(DataProblemKind.ReadOnly, Assert.Single((await site.ObserveAsync("db")).DataProblems).Kind);
        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        await site.Platform.UndoDataRepairAsync("db", token!, Token);
        Assert.Equal(DataProblemKind.ReadOnly, Assert.Single((await site.ObserveAsync("db")).DataProblems).Kind);
    }

    [Fact]
    public async Task OwnDisk_ThatBecameReadOnly_IsRemountedNotDetached()
    {
        await using var site = new ProcessSite(Store);
        Directory.CreateDirectory(Folder(site));
        if (!Mount(site, Folder(site), "size=1m"))
        {
            return;
        }

        await site.StartAsync("db");
        File.WriteAllText(Path.Combine(Folder(site), "main.db"), "kept");
        ProcessSite.Must("mount", "-o", "remount,ro", Folder(site));
        var problem = Assert.Single((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal((DataProblemKind.ReadOnly, false), (problem.Kind, problem.UndeclaredMount));
        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(Folder(site), "main.db")));
        await site.Platform.UndoDataRepairAsync("db", token!, Token);
        Assert.Equal(problem, Assert.Single((await site.ObserveAsync("db")).DataProblems));
    }

    [Fact]
    public async Task OwnDisk_FilledByForeignFiles_IsFreedOfThemAndTheyAreKept()
    {
        await using var site = new ProcessSite(Store);
        Directory.CreateDirectory(Folder(site));
        if (!Mount(site, Folder(site), "size=1m"))
        {
            return;
        }

        await site.StartAsync("db");
        File.WriteAllText(Path.Combine(Folder(site), "main.db"), new string('d', 100_000));
        var core = Path.Combine(Folder(site), "core.dump");
        ProcessSite.Run("dd", "if=/dev/zero", $"of={core}", "bs=4k");
        var size = new FileInfo(core).Length;
        var problem = Assert.Single((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal((DataProblemKind.Full, false), (problem.Kind, problem.UndeclaredMount));
        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        Assert.False(File.Exists(core));
        Assert.Equal(size, new FileInfo(Assert.Single(Directory.GetFiles(Path.Combine(site.State, "quarantine")))).Length);
        Assert.Equal(100_000, new FileInfo(Path.Combine(Folder(site), "main.db")).Length);
        await site.Platform.UndoDataRepairAsync("db", token!, Token);
        Assert.Equal(size, new FileInfo(core).Length);
    }

    [Fact]
    public async Task OwnDisk_FilledByTheServiceItself_NeedsAPerson()
    {
        await using var site = new ProcessSite(Store);
        Directory.CreateDirectory(Folder(site));
        if (!Mount(site, Folder(site), "size=1m"))
        {
            return;
        }

        await site.StartAsync("db");
        ProcessSite.Run("dd", "if=/dev/zero", $"of={Folder(site)}/main.db", "bs=4k");
        await AssertRefusedAsync(site);
        Assert.True(File.Exists(Path.Combine(Folder(site), "main.db")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/main.db")]
    public async Task ImmutableAttribute_OfFolderOrFile_IsTakenAwayAndPutBack(string path)
    {
        await using var site = await StartAsync();
        if (ProcessSite.Run("chattr", "+i", Folder(site) + path).ExitCode != 0)
        {
            Assert.False(ProcessSite.IsRoot);
            Assert.Empty((await site.ObserveAsync("db")).DataProblems);
            return;
        }

        var problem = Assert.Single((await site.ObserveAsync("db")).DataProblems);
        Assert.Equal((DataProblemKind.Immutable, false), (problem.Kind, problem.UndeclaredMount));
        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        File.AppendAllText(Path.Combine(Folder(site), "main.db"), "!");
        await site.Platform.UndoDataRepairAsync("db", token!, Token);
        Assert.Equal(problem, Assert.Single((await site.ObserveAsync("db")).DataProblems));
    }

    [Fact]
    public async Task MissingFolder_IsCreated()
    {
        await using var site = await StartAsync();
        Directory.Delete(Folder(site), recursive: true);
        Assert.Equal(DataProblemKind.Missing, Assert.Single((await site.ObserveAsync("db")).DataProblems).Kind);
        var token = await site.Platform.RepairDataAsync("db", "effect", Token);
        Assert.True(Directory.Exists(Folder(site)));
        await site.Platform.UndoDataRepairAsync("db", token!, Token);
        Assert.False(Directory.Exists(Folder(site)));
    }

    [Fact]
    public async Task FileInTheFoldersPlace_NeedsAPerson()
    {
        await using var site = await StartAsync();
        Directory.Delete(Folder(site), recursive: true);
        File.WriteAllText(Folder(site), "");
        await AssertRefusedAsync(site);
    }

    [Fact]
    public async Task FolderWithoutWritePermission_IsForbiddenToAllButRoot()
    {
        await using var site = await StartAsync();
        ProcessSite.Must("chmod", "555", Folder(site));
        Assert.Equal(ProcessSite.IsRoot ? [] : [DataProblemKind.Forbidden], (await site.ObserveAsync("db")).DataProblems.Select(p => p.Kind));
        await AssertRefusedAsync(site);
        ProcessSite.Must("chmod", "755", Folder(site));
    }

    [Fact]
    public async Task HealthyFolder_NeedsNoRepairAndIsLeftWithoutTraces()
    {
        await using var site = await StartAsync();
        Assert.Empty((await site.ObserveAsync("db")).DataProblems);
        Assert.Null(await site.Platform.RepairDataAsync("db", "effect", Token));
        Assert.Equal(["main.db"], Directory.GetFileSystemEntries(Folder(site)).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"service":"other","effect_key":"x","steps":[]}""")]
    [InlineData("""{"service":"db","effect_key":"x","steps":[{"kind":"move","target":"/etc/passwd","moved":"/tmp/x"}]}""")]
    [InlineData("""{"service":"db","effect_key":"x","steps":[{"kind":"detach","target":"/","moved":"/tmp/x"}]}""")]
    public async Task Token_ThatIsNotOfThisService_IsRefused(string token)
    {
        await using var site = await StartAsync();
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.UndoDataRepairAsync("db", token, Token));
        Assert.False(error.Retryable);
    }

    private static string Folder(ProcessSite site) => Path.Combine(site.Folder, "data/db");

    private static async Task<ProcessSite> StartAsync()
    {
        var site = new ProcessSite(Store);
        await site.StartAsync("db");
        File.WriteAllText(Path.Combine(Folder(site), "main.db"), "kept");
        return site;
    }

    /// <summary>Mounts a tmpfs; false when the user may not, after checking that nothing is reported then.</summary>
    private static bool Mount(ProcessSite site, string folder, string options)
    {
        var (code, output) = ProcessSite.Run("mount", "-t", "tmpfs", "-o", options.Replace(",full", "", StringComparison.Ordinal), "none", folder);
        if (code != 0)
        {
            Assert.False(ProcessSite.IsRoot, output);
            Assert.DoesNotContain(folder, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
            return false;
        }

        if (options.EndsWith("full", StringComparison.Ordinal))
        {
            ProcessSite.Run("dd", "if=/dev/zero", $"of={folder}/junk", "bs=4k");
        }

        return true;
    }

    private static async Task AssertRefusedAsync(ProcessSite site)
    {
        if ((await site.ObserveAsync("db")).DataProblems.Count == 0)
        {
            Assert.Null(await site.Platform.RepairDataAsync("db", "effect", Token));
            return;
        }

        var error = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.RepairDataAsync("db", "effect", Token));
        Assert.False(error.Retryable);
        Assert.Contains("needs a person", error.Message, StringComparison.Ordinal);
    }
}
