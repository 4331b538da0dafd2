using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Compose;

namespace Quorate.Tests.Unit.Platforms;

/// <summary>A temporary folder with a Compose project in it, removed with the test.</summary>
internal sealed class ComposeFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("quorate-compose-").FullName;

    public string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public Site Load(string yaml, params (string Name, string Value)[] environment)
    {
        var path = Write("compose.yaml", yaml);
        return ComposeLoader.Load(path, environment.ToDictionary(e => e.Name, e => e.Value));
    }

    /// <summary>The message with which loading is refused.</summary>
    public string Refusal(string yaml, params (string Name, string Value)[] environment)
    {
        var error = Assert.Throws<QuorateException>(() => Load(yaml, environment));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Equal("compose_invalid", error.Code);
        return error.Message;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
