namespace Quorate.Platforms.Docker;

/// <summary>A file in a folder of its own that only this user can read; both go when it is disposed.</summary>
internal sealed class PrivateFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quorate-");

    public PrivateFile(string name, string text)
    {
        Path = System.IO.Path.Combine(_folder.FullName, name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(Path, options);
        writer.Write(text);
    }

    public string Path { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}
