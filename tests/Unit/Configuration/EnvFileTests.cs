using Quorate.Cli.Configuration;
using Quorate.Contracts;

namespace Quorate.Tests.Unit.Configuration;

public sealed class EnvFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string File => Path.Combine(_folder, ".env");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("A=1", "1")]
    [InlineData("export A=1\r", "1")]
    [InlineData("# comment\n\n  A = two words  # comment", "two words")]
    [InlineData("A=\"quoted # text\" # comment", "quoted # text")]
    [InlineData("A='$HOME `id`'", "$HOME `id`")]
    [InlineData("A=sk-x#y=z==", "sk-x#y=z==")]
    [InlineData("A=", "")]
    [InlineData("A=1\nA=2", "2")]
    public void Read_Line_GivesItsValueAsItStands(string text, string value)
    {
        System.IO.File.WriteAllText(File, text);
        Assert.Equal(value, EnvFile.Read(File)["A"]);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("1A=secret")]
    [InlineData("A B=secret")]
    [InlineData("A=\"secret")]
    [InlineData("A='secret' more")]
    [InlineData("=secret")]
    [InlineData("A=sec\u0001ret")]
    public void Read_WrongLine_IsNamedByItsNumberAndNeverShown(string line)
    {
        System.IO.File.WriteAllText(File, "OK=1\n" + line);
        var error = Assert.Throws<QuorateException>(() => EnvFile.Read(File));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sec", error.Message + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFile_IsEmpty() => Assert.Empty(EnvFile.Read(File));

    [Fact]
    public void WriteTemplate_Twice_KeepsWhatIsThereAndIsReadableByItsOwnerAlone()
    {
        var path = Path.Combine(_folder, "home", ".env");
        Assert.True(EnvFile.WriteTemplate(path));
        Assert.Empty(EnvFile.Read(path));
        System.IO.File.WriteAllText(path, "A=1");
        Assert.False(EnvFile.WriteTemplate(path));
        Assert.Equal("1", EnvFile.Read(path)["A"]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void Get_VariableOfTheEnvironment_WinsOverTheFile()
    {
        System.IO.File.WriteAllText(File, "PATH=from-file\nQUORATE_TEST_ONLY_IN_FILE=x");
        var values = EnvironmentValues.Load(_folder);
        Assert.NotEqual("from-file", values.Get("PATH"));
        Assert.Equal("x", values.Get("QUORATE_TEST_ONLY_IN_FILE"));
        Assert.Null(values.Get("QUORATE_TEST_NOWHERE"));
    }
}
