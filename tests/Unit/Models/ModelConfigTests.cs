using Quorate.Contracts;
using Quorate.Models;

namespace Quorate.Tests.Unit.Models;

public sealed class ModelConfigTests
{
    [Theory]
    [InlineData("lmstudio", 1234)]
    [InlineData("ollama", 11434)]
    [InlineData("llamacpp", 8080)]
    [InlineData("vllm", 8000)]
    public void Create_LocalPreset_HasItsPortAndNoKey(string preset, int port)
    {
        var config = ModelConfig.Create(preset, null, "m");
        Assert.Equal((port, true, null), (config.Endpoint.Port, config.Endpoint.IsLoopback, config.ApiKeyVariable));
    }

    [Theory]
    [InlineData("nosuch", null, "m", "lmstudio, ollama")]
    [InlineData(null, null, "m", "endpoint: no address")]
    [InlineData(null, "ftp://x", "m", "ftp://x")]
    [InlineData(null, "http://user:secret@x/v1", "m", "without credentials")]
    [InlineData("ollama", null, null, "model: no name")]
    public void Create_WrongSettings_NamesTheFieldAndWhatIsAllowed(string? preset, string? endpoint, string? model, string message)
    {
        var error = Assert.Throws<QuorateException>(() => ModelConfig.Create(preset, endpoint, model));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.DoesNotContain("secret", error.Message + error.Hint, StringComparison.Ordinal);
        Assert.Contains(message, error.Message + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Checked_NumberOutOfRange_IsRefused() =>
        Assert.Throws<QuorateException>(() => (ModelConfig.Create("lmstudio", null, null) with { MaxRetries = 3 }).Checked());

    [Fact]
    public void ReadKey_VariableIsEmpty_SaysWhichOne() =>
        Assert.Contains("QUORATE_NO_SUCH_KEY", Assert.Throws<QuorateException>(() => ModelClients.ReadKey(ModelConfig.Create("openai", null, "m", "QUORATE_NO_SUCH_KEY"))).Message, StringComparison.Ordinal);
}
