using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Quorate.Tests.Integration.Docker;

/// <summary>A running Docker Engine with a tiny image of this machine's own static busybox; the image goes at the end.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private const string Busybox = "/bin/busybox";
    private const string How = "Run eng/ensure-docker.sh as root: it installs and starts what these tests need.";

    public string Image { get; } = "quorate/busybox-test:" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    public async ValueTask InitializeAsync()
    {
        var info = await Command.RunAsync("docker", ["info"], null);
        Assert.True(info.Exit == 0, $"No Docker Engine answers. {How}\n{info.Output}");
        Assert.True(File.Exists(Busybox), $"{Busybox} is missing. {How}");
        await ImportAsync(Image, "one");
    }

    /// <summary>Makes the tag mean an image with another content.</summary>
    public static async Task ImportAsync(string tag, string content)
    {
        var folder = Directory.CreateTempSubdirectory("quorate-image-");
        try
        {
            var archive = Path.Combine(folder.FullName, "root.tar");
            await WriteRootAsync(archive, content);
            await Command.MustAsync("docker", ["import", "-c", "ENV FROM_IMAGE=1", "-c", "EXPOSE 8080", "-c", "CMD [\"/bin/busybox\",\"sleep\",\"3600\"]", archive, tag], null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public async ValueTask DisposeAsync() => await Command.RunAsync("docker", ["rmi", "-f", Image], null);

    private static async Task WriteRootAsync(string archive, string content)
    {
        await using var file = File.Create(archive);
        await using var tar = new TarWriter(file);
        await tar.WriteEntryAsync(Busybox, "bin/busybox");
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox" });
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "tmp"));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "www/index.html")
        {
            DataStream = new MemoryStream(Encoding.ASCII.GetBytes(content)),
        });
    }
}

[CollectionDefinition(Name)]
public sealed class EngineTests : ICollectionFixture<EngineFixture>
{
    public const string Name = "docker engine";
}
