using Quorate.Models;

namespace Quorate.Tests.Unit.Models;

public sealed class ProviderConfigTests
{
    [Theory]
    [InlineData(null, "https://api.sambanova.ai/v1")]
    [InlineData("https://studio.example/v1", "https://studio.example/v1")]
    [InlineData("https://studio.example/v1/chat/completions/", "https://studio.example/v1")]
    public void Create_SambaNova_TakesItsAddressFromTheVariable(string? url, string endpoint) =>
        Assert.Equal(new Uri(endpoint), ModelConfig.Create("sambanova", null, "m", null, name => name == "SAMBASTUDIO_URL" ? url : null).Endpoint);

    [Theory]
    [InlineData("SAMBASTUDIO_API_KEY", "SAMBASTUDIO_API_KEY")]
    [InlineData("SAMBANOVA_API_KEY", "SAMBANOVA_API_KEY")]
    [InlineData("", "SAMBASTUDIO_API_KEY")]
    public void Create_SambaNova_TakesItsKeyFromEitherVariable(string set, string chosen) =>
        Assert.Equal(chosen, ModelConfig.Create("sambanova", null, "m", null, name => name == set ? "k" : null).ApiKeyVariable);
}
